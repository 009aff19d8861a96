import type { OnInDoubt } from '../../workflow/workflow.js';

/**
 * What the row of an attempt says of its work outside Reprise, should nobody hear how it ended. null: it may simply run again.
 * `once-…`: it must not be repeated blindly, and has recorded nothing of what it does. `open-…`: an effect was begun, and how it ended
 * is not recorded yet. `settled`: all that was begun is recorded, and is answered from the ledger should the work run again.
 * The executor writes it with its claim and with every effect, so that whoever judges needs nothing but the row.
 */
export type Guard = 'settled' | OnceGuard | OpenGuard;
type OnceGuard = `once-${Exclude<OnInDoubt, 'retry'>}`;
type OpenGuard = `open-${OnInDoubt}`;

/** The guard of an attempt of a `once` task. What may be repeated needs none. */
export const onceGuard = (policy: OnInDoubt): Guard | null => (policy === 'retry' ? null : `once-${policy}`);

/** What is to be done about an attempt that ended without saying what it has done. */
export type DoubtAction = 'again' | 'park' | 'fail';

/** Without a clear answer: nothing that runs next knows more than this row. */
export function doubtAction(guard: Guard | null): DoubtAction {
  switch (guard) {
    case null:
    case 'settled':
    // The next attempt asks, or repeats it under the same key.
    case 'open-retry':
    case 'open-probe':
      return 'again';
    case 'once-fail':
    case 'open-fail':
      return 'fail';
    // There is no record that could be asked about.
    case 'once-probe':
    case 'once-park':
    case 'open-park':
      return 'park';
  }
}

/** An effect was begun, and nobody knows yet how it ended. */
export const isOpen = (guard: Guard | null): guard is OpenGuard => guard?.startsWith('open-') === true;

/** Between two attempts: what the last one might have done is known now, what it has recorded stays so. */
export const guardBetween = (guard: Guard | null): Guard | null => (guard?.startsWith('once-') === true ? null : guard);

/** A person knows what the ledger could not: nothing is open any more. */
export const guardResolved = (guard: Guard | null): Guard | null => (isOpen(guard) ? 'settled' : guardBetween(guard));
