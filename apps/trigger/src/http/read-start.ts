import type { Json } from '@reprise/core';
import { closestName, ProblemError } from '@reprise/service';
import type { StartRequest } from '../starts/start-request.js';

const FIELDS = ['input', 'version', 'labels', 'key'] as const;
/** An idempotency key. */
export const KEY = /^[\x20-\x7e]{1,255}$/;
const LABEL = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/;

/** The body of a start, checked: `{input, version?, labels?, key?}`; `key` is what the header says. @throws ProblemError naming every field that is wrong */
export function readStart(
  workflow: string,
  body: unknown,
  key: string | null,
  via: 'http',
  startedBy: string | null = null,
): Extract<StartRequest, { kind: 'start' }> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new ProblemError({ status: 422, code: 'invalid_start', detail: 'the body must be an object: {"input": …}' });
  }
  const fields = body as Readonly<Record<string, unknown>>;
  const given = key ?? fields['key'] ?? null;
  const errors = [...unknownFields(fields), ...wrongFields(fields, given, key)];
  if (errors.length > 0) {
    throw new ProblemError({ status: 422, code: 'invalid_start', detail: errors[0]?.message ?? 'not a start', errors });
  }
  const labels = (fields['labels'] ?? {}) as Readonly<Record<string, string>>;
  return {
    kind: 'start',
    workflow,
    version: isVersion(fields['version']) ? String(fields['version']) : null,
    input: (fields['input'] === undefined ? {} : fields['input']) as Json,
    labels,
    key: typeof given === 'string' ? given : null,
    via,
    startedBy,
  };
}

function unknownFields(fields: Readonly<Record<string, unknown>>) {
  return Object.keys(fields)
    .filter((name) => !(FIELDS as readonly string[]).includes(name))
    .map((name) => {
      const closest = closestName(name, FIELDS);
      return { path: name, message: `unknown field "${name}"${closest === null ? '' : `, did you mean "${closest}"?`}` };
    });
}

function wrongFields(fields: Readonly<Record<string, unknown>>, key: unknown, header: string | null) {
  const errors: { path: string; message: string }[] = [];
  const { version, labels } = fields;
  if (version !== undefined && version !== null && !isVersion(version))
    errors.push({ path: 'version', message: 'version must be text, such as "1.2.0"' });
  if (labels !== undefined && labels !== null && !areLabels(labels))
    errors.push({
      path: 'labels',
      message: 'labels must be an object of short texts: at most 32, names of letters, digits, . _ / -',
    });
  if (key !== null && !(typeof key === 'string' && KEY.test(key)))
    errors.push({ path: 'key', message: 'the idempotency key must be text of 1 to 255 printable ASCII characters' });
  if (header !== null && (fields['key'] ?? header) !== header)
    errors.push({ path: 'key', message: 'the body has another key than the Idempotency-Key header' });
  return errors;
}

/** A semantic version, or a number: also as such. */
const isVersion = (version: unknown): version is string | number => typeof version === 'string' || Number.isSafeInteger(version);

function areLabels(labels: unknown): boolean {
  if (typeof labels !== 'object' || labels === null || Array.isArray(labels)) return false;
  const entries = Object.entries(labels);
  return (
    entries.length <= 32 && entries.every(([name, value]) => LABEL.test(name) && typeof value === 'string' && value.length <= 255)
  );
}
