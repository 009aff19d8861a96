import type { IncomingMessage } from 'node:http';
import { isUuid, runId } from '@reprise/core';
import { closestName, identityOf, type ProblemDetail, ProblemError, receivedBody } from '@reprise/service';
import type { RerunRequest } from '../starts/start-request.js';
import { KEY } from './read-start.js';

const FIELDS = ['version', 'from'] as const;
const LONGEST = 128;

/** `{version?, from?}`, or no body at all; the key is what the header says. @throws ProblemError naming every field that is wrong */
export function readRerun(id: string, key: string | null, request: IncomingMessage): RerunRequest {
  const run = id.toLowerCase();
  if (!isUuid(run))
    throw new ProblemError({ status: 404, code: 'run_not_found', detail: `There is no run ${id.slice(0, 100)}.` });
  const fields = fieldsOf(request);
  const errors = [...unknownFields(fields)];
  const version = typeof fields['version'] === 'number' ? String(fields['version']) : textOf(fields, 'version', errors);
  const from = textOf(fields, 'from', errors);
  if (key !== null && !KEY.test(key))
    errors.push({ path: 'key', message: 'the idempotency key must be text of 1 to 255 printable ASCII characters' });
  const [first] = errors;
  if (first !== undefined) throw new ProblemError({ status: 422, code: 'invalid_rerun', detail: first.message, errors });
  return { kind: 'rerun', run: runId(run), version, from, key, startedBy: identityOf(request) };
}

function fieldsOf(request: IncomingMessage): Readonly<Record<string, unknown>> {
  const body = receivedBody(request);
  if (body.kind === 'none') return {};
  const { value } = body;
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Readonly<Record<string, unknown>>;
  const detail = 'the body must be an object: {"from": "a task", "version": "1.2.0"}, or absent';
  throw new ProblemError({ status: 422, code: 'invalid_rerun', detail });
}

function textOf(
  fields: Readonly<Record<string, unknown>>,
  name: (typeof FIELDS)[number],
  errors: ProblemDetail[],
): string | null {
  const value = fields[name] ?? null;
  if (value === null) return null;
  if (typeof value === 'string' && value !== '' && value.length <= LONGEST && !value.includes('\0') && value.isWellFormed())
    return value;
  const example = name === 'from' ? 'the id of a task, such as "charge"' : '"latest", or a version such as "1.2.0"';
  errors.push({ path: name, message: `${name} must be ${example}` });
  return null;
}

function unknownFields(fields: Readonly<Record<string, unknown>>): readonly ProblemDetail[] {
  return Object.keys(fields)
    .filter((name) => !(FIELDS as readonly string[]).includes(name))
    .map((name) => {
      const closest = closestName(name, FIELDS);
      const shown = name.slice(0, LONGEST);
      return { path: shown, message: `unknown field "${shown}"${closest === null ? '' : `, did you mean "${closest}"?`}` };
    });
}
