import { type PartialRetryPolicy, parseDuration, parseRetry } from '@reprise/core';
import { closestName, type ProblemDetail, ProblemError } from '@reprise/service';
import { readInstant } from '../requests/read-query.js';

/** What is asked of recorded tasks. */
export interface AskedSimulation {
  readonly workflow: string;
  readonly version: string | null;
  readonly task: string | null;
  /** Epoch milliseconds. */
  readonly sinceMs: number;
  readonly policy: PartialRetryPolicy;
}

const FIELDS = ['workflow', 'version', 'task', 'since', 'policy'] as const;
const SINCE = '7d';
const LONGEST_TEXT = 1_000;
const EXAMPLE = 'for example {"workflow": "orders", "since": "7d", "policy": {"maximumAttempts": 5}}';

type Fields = Readonly<Record<string, unknown>>;

/**
 * `{workflow, version?, task?, since?, policy}`. `now`: epoch milliseconds.
 * @throws ProblemError 422 `invalid_simulation` with everything that is wrong with it; of a policy sent as text with line and column
 */
export function readSimulation(body: unknown, now: number): AskedSimulation {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new ProblemError({
      status: 422,
      code: 'invalid_simulation',
      detail: 'The body must be an object.',
      hint: EXAMPLE,
    });
  const fields = body as Fields;
  const errors: ProblemDetail[] = unknownFields(fields);
  const text = (name: (typeof FIELDS)[number]): string | null => readText(name, fields[name], errors);
  const workflow = text('workflow');
  if (workflow === null && (fields['workflow'] ?? null) === null)
    errors.push({ path: 'workflow', message: 'must be the name of a workflow' });
  const asked = {
    workflow: workflow ?? '',
    version: text('version'),
    task: text('task'),
    sinceMs: readSince(text('since') ?? SINCE, now, errors),
    policy: readPolicy(fields['policy'], errors),
  };
  const [first] = errors;
  if (first === undefined) return asked;
  const detail = errors.length === 1 ? `${first.path}: ${first.message}` : `the request has ${errors.length} problems`;
  throw new ProblemError({ status: 422, code: 'invalid_simulation', detail, errors });
}

function unknownFields(fields: Fields): ProblemDetail[] {
  return Object.keys(fields)
    .filter((name) => !(FIELDS as readonly string[]).includes(name))
    .slice(0, 100)
    .map((name) => {
      const closest = closestName(name, FIELDS);
      const meant = closest === null ? `its fields are ${FIELDS.join(', ')}` : `did you mean "${closest}"?`;
      return { path: name.slice(0, 100), message: `is no field of it; ${meant}` };
    });
}

function readText(path: string, value: unknown, errors: ProblemDetail[]): string | null {
  if (value === undefined || value === null) return null;
  const isText = typeof value === 'string' && value !== '' && value.length <= LONGEST_TEXT && !value.includes('\0');
  if (isText && value.isWellFormed()) return value;
  errors.push({ path, message: `must be text of at most ${LONGEST_TEXT} characters` });
  return null;
}

function readSince(text: string, now: number, errors: ProblemDetail[]): number {
  const duration = parseDuration(text);
  const since = duration.kind === 'ok' ? now - duration.ms : readInstant(text);
  if (since !== null) return since;
  errors.push({ path: 'since', message: 'must be a duration like 7d, or a date or time like 2030-01-31T12:00:00Z' });
  return now;
}

/** An object has no lines: its problems are told by path alone. */
function readPolicy(value: unknown, errors: ProblemDetail[]): PartialRetryPolicy {
  const isText = typeof value === 'string';
  if (!isText && (typeof value !== 'object' || value === null)) {
    errors.push({ path: 'policy', message: 'must be the fields of `retry`, as an object or as YAML text' });
    return {};
  }
  const parsed = parseRetry(isText ? value : JSON.stringify(value));
  if (parsed.kind === 'ok') return parsed.policy;
  for (const { path, line, column, message, hint } of parsed.problems)
    errors.push({ path: path === '' ? 'policy' : `policy.${path}`, ...(isText ? { line, column } : {}), message, hint });
  return {};
}
