/**
 * What may befall a message between commit and consumer. `late` overtakes nothing: others overtake it.
 * A lost one comes back only if the watch sees that its row is overdue.
 */
export type MessageFate = 'once' | 'twice' | 'late' | 'twiceLate' | 'lost' | 'early';

/** What may befall an attempt once it is taken. */
export type AttemptFate =
  | 'prompt'
  /** Killed right after the claim. */
  | 'dies'
  /** Stopped past its lease, then answers as if nothing had happened. */
  | 'freezes'
  | 'answersTwice'
  /** Leaves its outcome in the row, then is killed. */
  | 'records'
  /** Its outcome is on its way for longer than the lease: the row has it meanwhile. */
  | 'lateAnswer'
  /** Never taken: the executor lacks the handler. */
  | 'held';

/** What may befall the scheduler around a commit. */
export type CommitFate = 'published' | 'crashesAfterCommit' | 'crashesAndRecovers' | 'redelivered';

export interface Fates {
  message(): MessageFate;
  /** Of what the watch reports. */
  report(): 'once' | 'lost';
  attempt(): AttemptFate;
  commit(): CommitFate;
  /** How many inputs that are there at one instant go into one decision. */
  batch(): number;
}

export const ORDERLY: Fates = {
  message: () => 'once',
  report: () => 'once',
  attempt: () => 'prompt',
  commit: () => 'published',
  batch: () => 1,
};

const MESSAGES = ['once', 'twice', 'late', 'twiceLate', 'lost', 'early'] as const satisfies readonly MessageFate[];
const ATTEMPTS = [
  'prompt',
  'dies',
  'freezes',
  'answersTwice',
  'records',
  'lateAnswer',
  'held',
] as const satisfies readonly AttemptFate[];
const COMMITS = ['published', 'crashesAfterCommit', 'crashesAndRecovers', 'redelivered'] as const satisfies readonly CommitFate[];

/** Fates read from a tape of numbers, one each; orderly once it is used up, so that every run comes to rest. 0 is orderly. */
export function fatesFrom(tape: readonly number[]): Fates {
  let next = 0;
  const draw = (): number => tape[next++] ?? 0;
  return {
    message: () => MESSAGES[draw() % MESSAGES.length] ?? 'once',
    report: () => (draw() % 3 === 1 ? 'lost' : 'once'),
    attempt: () => ATTEMPTS[draw() % ATTEMPTS.length] ?? 'prompt',
    commit: () => COMMITS[draw() % COMMITS.length] ?? 'published',
    batch: () => 1 + (draw() % 8),
  };
}
