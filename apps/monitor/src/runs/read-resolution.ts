import { type EffectFinding, type Json, type JsonText, toJsonText } from '@reprise/core';
import { type ProblemDetail, ProblemError } from '@reprise/service';

const OUTCOMES = ['succeeded', 'failed', 'retry'] as const;
const LONGEST_REASON = 1_000;
const MOST_FINDINGS = 100;
const LONGEST_NAME = 200;

/** What a person says has become of a parked task. */
export interface Resolution {
  readonly outcome: (typeof OUTCOMES)[number];
  readonly output: JsonText | null;
  readonly reason: string | null;
  /** What is known by now of its effects. */
  readonly effects?: readonly EffectFinding[];
}

/** `{outcome, output, reason, effects}`. @throws ProblemError 422 with everything that is wrong */
export function readResolution(body: unknown): Resolution {
  const fields: Readonly<Record<string, unknown>> = isMap(body) ? body : {};
  const errors: ProblemDetail[] = Object.keys(fields)
    .filter((name) => !['outcome', 'output', 'reason', 'effects'].includes(name))
    .map((name) => ({ path: name.slice(0, 100), message: 'is not known here' }));
  const outcome = OUTCOMES.find((each) => each === fields['outcome']);
  if (outcome === undefined) errors.push({ path: 'outcome', message: 'must be succeeded, failed or retry' });
  const { output, reason = null } = fields;
  if (output !== undefined && outcome !== undefined && outcome !== 'succeeded')
    errors.push({ path: 'output', message: 'belongs to the outcome succeeded' });
  if (reason !== null && (typeof reason !== 'string' || reason.length > LONGEST_REASON))
    errors.push({ path: 'reason', message: `must be text of at most ${LONGEST_REASON} characters` });
  const effects = fields['effects'] === undefined ? null : readFindings(fields['effects'], errors);
  if (outcome === undefined || errors.length > 0) {
    const detail =
      'The body must be {"outcome": "succeeded" | "failed" | "retry", "output": any JSON, "reason": text, "effects": list}.';
    throw new ProblemError({ status: 422, code: 'invalid_body', detail, errors });
  }
  const text = typeof reason === 'string' ? reason.toWellFormed().replaceAll('\0', '\uFFFD') : null;
  const resolution = { outcome, output: output === undefined ? null : toJsonText(output as Json), reason: text };
  return effects === null ? resolution : { ...resolution, effects };
}

/** `[{name, happened, result}]` */
function readFindings(value: unknown, errors: ProblemDetail[]): readonly EffectFinding[] {
  if (!Array.isArray(value) || value.length > MOST_FINDINGS) {
    errors.push({ path: 'effects', message: `must be a list of at most ${MOST_FINDINGS}` });
    return [];
  }
  return value.flatMap((item: unknown, index): readonly EffectFinding[] => {
    const { name, happened, result, ...rest } = isMap(item) ? item : {};
    const refuse = (field: string, message: string): readonly EffectFinding[] => {
      errors.push({ path: `effects[${index}]${field}`, message });
      return [];
    };
    if (typeof name !== 'string' || name === '' || name.length > LONGEST_NAME)
      return refuse('.name', `must be text of 1 to ${LONGEST_NAME} characters`);
    if (typeof happened !== 'boolean') return refuse('.happened', 'must be true or false');
    if (!happened && result !== undefined) return refuse('.result', 'belongs to what has happened');
    const [unknown] = Object.keys(rest);
    if (unknown !== undefined) return refuse(`.${unknown.slice(0, 100)}`, 'is not known here');
    return [happened ? { name, happened, result: toJsonText((result ?? null) as Json) } : { name, happened }];
  });
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
