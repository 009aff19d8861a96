import { type EffectFinding, type Json, toJsonText } from '@reprise/core';
import type { ProblemDetail } from '@reprise/service';

const MOST_FINDINGS = 100;
const LONGEST_NAME = 200;
const LONGEST_REASON = 1_000;

/** `[{name, happened, result}]` */
export function readFindings(value: unknown, errors: ProblemDetail[]): readonly EffectFinding[] {
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
    // Which of the two would count is chance.
    if (value.findIndex((each: unknown) => isMap(each) && each['name'] === name) < index)
      return refuse('.name', 'is named twice');
    if (typeof happened !== 'boolean') return refuse('.happened', 'must be true or false');
    if (!happened && result !== undefined) return refuse('.result', 'belongs to what has happened');
    const [unknown] = Object.keys(rest);
    if (unknown !== undefined) return refuse(`.${unknown.slice(0, 100)}`, 'is not known here');
    return [happened ? { name, happened, result: toJsonText((result ?? null) as Json) } : { name, happened }];
  });
}

export const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** null: none was given. */
export function readReason(value: unknown, errors: ProblemDetail[]): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' && value.length <= LONGEST_REASON) return value.toWellFormed().replaceAll('\0', '\uFFFD');
  errors.push({ path: 'reason', message: `must be text of at most ${LONGEST_REASON} characters` });
  return null;
}

export const unknownFields = (given: Readonly<Record<string, unknown>>, known: readonly string[]): readonly ProblemDetail[] =>
  Object.keys(given)
    .filter((name) => !known.includes(name))
    .map((name) => ({ path: name.slice(0, 100), message: 'is not known here' }));
