import { type Json, type JsonText, toJsonText } from '@reprise/core';
import { type ProblemDetail, ProblemError } from '@reprise/service';

const OUTCOMES = ['succeeded', 'failed', 'retry'] as const;
const LONGEST_REASON = 1_000;

/** What a person says has become of a parked task. */
export interface Resolution {
  readonly outcome: (typeof OUTCOMES)[number];
  readonly output: JsonText | null;
  readonly reason: string | null;
}

/** `{outcome, output, reason}`. @throws ProblemError 422 with everything that is wrong */
export function readResolution(body: unknown): Resolution {
  const fields: Readonly<Record<string, unknown>> = isMap(body) ? body : {};
  const errors: ProblemDetail[] = Object.keys(fields)
    .filter((name) => !['outcome', 'output', 'reason'].includes(name))
    .map((name) => ({ path: name.slice(0, 100), message: 'is not known here' }));
  const outcome = OUTCOMES.find((each) => each === fields['outcome']);
  if (outcome === undefined) errors.push({ path: 'outcome', message: 'must be succeeded, failed or retry' });
  const { output, reason = null } = fields;
  if (output !== undefined && outcome !== undefined && outcome !== 'succeeded')
    errors.push({ path: 'output', message: 'belongs to the outcome succeeded' });
  if (reason !== null && (typeof reason !== 'string' || reason.length > LONGEST_REASON))
    errors.push({ path: 'reason', message: `must be text of at most ${LONGEST_REASON} characters` });
  if (outcome === undefined || errors.length > 0) {
    const detail = 'The body must be {"outcome": "succeeded" | "failed" | "retry", "output": any JSON, "reason": text}.';
    throw new ProblemError({ status: 422, code: 'invalid_body', detail, errors });
  }
  const text = typeof reason === 'string' ? reason.toWellFormed().replaceAll('\0', '\uFFFD') : null;
  return { outcome, output: output === undefined ? null : toJsonText(output as Json), reason: text };
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
