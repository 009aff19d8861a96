import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface Source {
  /** From the repository's root, like `libs/core/src/index.ts`. */
  readonly path: string;
  readonly text: string;
}

/** The code that ships: `*.ts` of every library and app, without its tests. */
export function shippedSources(): readonly Source[] {
  return ['libs', 'apps'].flatMap((kind) => folders(kind).flatMap((name) => walk(`${kind}/${name}/src`)));
}

const folders = (kind: string): readonly string[] =>
  readdirSync(ROOT + kind, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);

function walk(folder: string): readonly Source[] {
  return list(folder).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return walk(path);
    if (!/\.tsx?$/.test(path) || /\.spec\.tsx?$/.test(path)) return [];
    return [{ path, text: readFileSync(ROOT + path, 'utf8') }];
  });
}

function list(folder: string) {
  try {
    return readdirSync(ROOT + folder, { withFileTypes: true });
  } catch {
    // A package whose sources are not TypeScript.
    return [];
  }
}
