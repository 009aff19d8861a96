/**
 * A scope is one instance of a group (or the run's root): its members' states as text, one letter a member.
 * It is kept in the row that owns the scope, so that a decision loads one row instead of all siblings.
 */
export type MemberState = '.' | 'o' | 's' | 'f' | 'c' | 'k' | 'x';

export const PENDING = '.' satisfies MemberState;
export const OPEN = 'o' satisfies MemberState;
export const SUCCEEDED = 's' satisfies MemberState;
export const FAILED = 'f' satisfies MemberState;
/** Failed, and the task says `onError: continue`. */
export const CONTINUED = 'c' satisfies MemberState;
export const SKIPPED = 'k' satisfies MemberState;
export const CANCELLED = 'x' satisfies MemberState;

/** Why nothing more starts. `failed` still lets `runWhen: failed | done` tasks start. */
export type Closing = 'failed' | 'cancelled' | 'timedOut';

export const hasEnded = (state: MemberState): boolean => state !== PENDING && state !== OPEN;

export const memberState = (states: string, position: number): MemberState => (states[position] ?? PENDING) as MemberState;

export const withMember = (states: string, position: number, state: MemberState): string =>
  states.slice(0, position) + state + states.slice(position + 1);

export const freshScope = (members: number): string => PENDING.repeat(members);

/** What failed, was skipped or cancelled is to be decided again; what succeeded, or failed and was continued, stands. */
export const reopenedStates = (states: string): string => states.replace(/[fkx]/g, PENDING);

export const isSettled = (states: string): boolean => !states.includes(PENDING) && !states.includes(OPEN);
