import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../error-code.js';
import { registerSecret } from '../redact.js';

/** The value of a secret, or null when there is none of that name. */
export type SecretReader = (name: string) => string | null;

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

/**
 * Secrets from `REPRISE_SECRET_NAME`, else from the file NAME in `directory` (read at each call, so a rotated file is
 * seen; one newline at its end is dropped). A name that is not a plain word is answered null, so none leads out of the directory.
 */
export function secretReader(values: ReadonlyMap<string, string>, directory: string | null): SecretReader {
  return (name) => {
    if (!NAME.test(name)) return null;
    const value = values.get(name) ?? (directory === null ? null : secretFile(join(directory, name)));
    if (value !== null) registerSecret(value);
    return value;
  };
}

/** Names of the secrets there are, without their values. */
export function secretNames(values: ReadonlyMap<string, string>, directory: string | null): readonly string[] {
  return [...new Set([...values.keys(), ...filesOf(directory)])].filter((name) => NAME.test(name)).sort();
}

function filesOf(directory: string | null): readonly string[] {
  try {
    return directory === null ? [] : readdirSync(directory);
  } catch {
    // Reading one of them will say what is wrong.
    return [];
  }
}

function secretFile(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'EISDIR') return null;
    throw error;
  }
}
