import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { exclusively } from './lock.mjs';
import { root, statePath } from './paths.mjs';
import { done, Expected, step } from './print.mjs';
import { run } from './processes.mjs';

const SHOWN_LINES = 20;

const projects = () =>
  ['libs', 'apps'].flatMap((kind) => readdirSync(path.join(root, kind)).map((name) => path.join(root, kind, name)));

/** Changes whenever a source, a tsconfig or an installed package may have changed: path, size and time of each file. */
function fingerprint() {
  const hash = createHash('sha256');
  const add = (file) => {
    const { size, mtimeMs } = statSync(file);
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  };
  for (const file of ['tsconfig.json', 'tsconfig.base.json', 'package-lock.json']) add(path.join(root, file));
  for (const project of projects()) {
    if (!existsSync(path.join(project, 'tsconfig.json'))) continue;
    add(path.join(project, 'tsconfig.json'));
    // A deleted dist must be built again although no source has changed.
    hash.update(existsSync(path.join(project, 'dist', '.tsbuildinfo')) ? 'built\n' : `missing ${Math.random()}\n`);
    for (const entry of readdirSync(path.join(project, 'src'), { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) add(path.join(entry.parentPath ?? entry.path, entry.name));
    }
  }
  return hash.digest('hex');
}

/**
 * Links the workspaces' commands into node_modules/.bin. npm does so at install time only for files that exist, and ours are
 * built later; without the link `npx reprise` would go looking for a stranger's package of that name.
 */
function linkCommands() {
  for (const project of projects()) {
    const manifest = path.join(project, 'package.json');
    if (!existsSync(manifest)) continue;
    for (const [name, target] of Object.entries(JSON.parse(readFileSync(manifest, 'utf8')).bin ?? {})) {
      const file = path.join(project, target);
      const link = path.join(root, 'node_modules', '.bin', name);
      if (!existsSync(file)) continue;
      chmodSync(file, 0o755);
      if (existsSync(link)) continue;
      if (lstatSync(link, { throwIfNoEntry: false })) rmSync(link);
      symlinkSync(path.relative(path.dirname(link), file), link);
    }
  }
}

/** One mistake in a lib makes an error in everything that uses it. */
function firstLines(output) {
  const lines = output.trim().split('\n');
  return lines.length <= SHOWN_LINES
    ? output
    : [...lines.slice(0, SHOWN_LINES), `… and ${lines.length - SHOWN_LINES} more`].join('\n');
}

/** Builds every lib and app if a source has changed since the last build. */
export async function build({ signal } = {}) {
  const stampFile = statePath('build.stamp');
  await exclusively('build', async () => {
    if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === fingerprint()) return;
    step('build', 'compiling');
    const { code, output } = await run(process.execPath, [path.join(root, 'node_modules/typescript7/bin/tsc'), '--build'], {
      cwd: root,
      signal,
    });
    if (code !== 0) throw new Expected(`${firstLines(output)}\nThe build failed; \`npm run build\` shows it again.`);
    linkCommands();
    writeFileSync(stampFile, fingerprint());
    done('build', 'compiled');
  });
}
