import { type EffectFinding, type Json, type JsonText, toJsonText } from '@reprise/core';
import { type ProblemDetail, ProblemError } from '@reprise/service';
import { isMap, readFindings, readReason, unknownFields } from './read-sayings.js';

const OUTCOMES = ['succeeded', 'failed', 'retry'] as const;

/** What a person says has become of a parked task. */
export interface Resolution {
  readonly outcome: (typeof OUTCOMES)[number];
  readonly output: JsonText | null;
  readonly reason: string | null;
  /** What is known by now of its effects. */
  readonly effects?: readonly EffectFinding[];
}

/** What a person has found out about effects of a task that has ended. */
export interface Settlement {
  readonly effects: readonly EffectFinding[];
  readonly reason: string | null;
}

/** `{outcome, output, reason, effects}`. @throws ProblemError 422 with everything that is wrong */
export function readResolution(body: unknown): Resolution {
  const given = isMap(body) ? body : {};
  const errors = [...unknownFields(given, ['outcome', 'output', 'reason', 'effects'])];
  const outcome = OUTCOMES.find((each) => each === given['outcome']);
  if (outcome === undefined) errors.push({ path: 'outcome', message: 'must be succeeded, failed or retry' });
  const { output } = given;
  if (output !== undefined && outcome !== undefined && outcome !== 'succeeded')
    errors.push({ path: 'output', message: 'belongs to the outcome succeeded' });
  const reason = readReason(given['reason'], errors);
  const effects = given['effects'] === undefined ? null : readFindings(given['effects'], errors);
  if (outcome === undefined || errors.length > 0)
    throw invalid('{"outcome": "succeeded" | "failed" | "retry", "output": any JSON, "reason": text, "effects": list}', errors);
  const resolution = { outcome, output: output === undefined ? null : toJsonText(output as Json), reason };
  return effects === null ? resolution : { ...resolution, effects };
}

/** `{effects, reason}`. @throws ProblemError 422 with everything that is wrong */
export function readSettlement(body: unknown): Settlement {
  const given = isMap(body) ? body : {};
  const errors = [...unknownFields(given, ['effects', 'reason'])];
  const effects = readFindings(given['effects'] ?? [], errors);
  const reason = readReason(given['reason'], errors);
  if (effects.length === 0 && errors.length === 0) errors.push({ path: 'effects', message: 'must name at least one effect' });
  if (errors.length > 0) throw invalid('{"effects": [{"name", "happened", "result"}], "reason": text}', errors);
  return { effects, reason };
}

const invalid = (shape: string, errors: readonly ProblemDetail[]): ProblemError =>
  new ProblemError({ status: 422, code: 'invalid_body', detail: `The body must be ${shape}.`, errors });
