import type { Json, JsonText, SecretUse } from '@reprise/core';
import { parseJsonText } from '@reprise/core';
import { TaskError } from '../handlers/task-error.js';

export interface ResolvedInput {
  readonly input: Json;
  /** The values that went in: to be blotted out of everything that comes out. */
  readonly values: readonly string[];
}

/**
 * Puts secrets where the compiled document says they belong. Positions travel in a field of their own; nothing inside the data is ever
 * taken for one. @throws TaskError `INVALID_INPUT` for a secret this executor does not have
 */
export function resolveSecrets(input: JsonText, secrets: JsonText | null, read: (name: string) => string | null): ResolvedInput {
  const value = parseJsonText(input);
  if (secrets === null) return { input: value, values: [] };
  const values: string[] = [];
  const uses = parseJsonText(secrets) as unknown as readonly SecretUse[];
  let filled = value;
  for (const use of uses) {
    const text = use.parts.map((part) => (typeof part === 'string' ? part : take(part.secret, read, values))).join('');
    filled = withValue(filled, use.path, text);
  }
  return { input: filled, values };
}

function take(name: string, read: (name: string) => string | null, values: string[]): string {
  const value = read(name);
  if (value === null) {
    const message = `this executor has no secret ${name}: set REPRISE_SECRET_${name}, or put it into REPRISE_SECRETS_DIR`;
    throw new TaskError('INVALID_INPUT', message, { retryable: false });
  }
  values.push(value);
  return value;
}

function withValue(target: Json, path: readonly (string | number)[], value: string): Json {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (Array.isArray(target)) {
    return target.map((item: Json, index) => (index === step ? withValue(item, rest, value) : item));
  }
  const fields = typeof target === 'object' && target !== null ? (target as { readonly [key: string]: Json }) : {};
  return { ...fields, [step]: withValue(fields[String(step)] ?? null, rest, value) };
}
