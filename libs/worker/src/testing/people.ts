import type { Json } from '@reprise/core';
import type { SimulatedPeople, SimulatedRequest } from './interpreter/index.js';
import { durationMs } from './virtual-time.js';

/** What a person says to an approval. */
export interface Answer {
  readonly by: string;
  readonly decision: 'approved' | 'rejected';
  readonly form?: Json;
  readonly comment?: string;
  /** How long after the person was asked; default 1s. */
  readonly after?: string;
}

/** What people are told: that they are asked, reminded, or asked too. */
export type AskedPeople = SimulatedRequest;

/** What people do about approvals: by the path of the task, or a function of what they are told. Who is not named does nothing. */
export type People =
  | Readonly<Record<string, Answer | readonly Answer[]>>
  | ((asked: AskedPeople) => Answer | readonly Answer[] | null | undefined);

const AFTER = '1s';

export const answersOf =
  (people: People | undefined): ((asked: AskedPeople) => readonly TimedAnswer[]) =>
  (asked) => {
    const said = typeof people === 'function' ? people(asked) : asked.told === 'requested' ? people?.[asked.path] : undefined;
    const answers = said === undefined || said === null ? [] : isList(said) ? said : [said];
    return answers.map(({ after = AFTER, ...answer }) => ({ ...answer, afterMs: durationMs(after) }));
  };

export type TimedAnswer = ReturnType<SimulatedPeople>[number] & { readonly afterMs: number };

const isList = (said: Answer | readonly Answer[]): said is readonly Answer[] => Array.isArray(said);
