import { type EffectWrite, type Guard, type JsonText, ON_IN_DOUBT, type OnInDoubt, type TaskError } from '@reprise/core';
import type { BegunEffect, EffectEnd, EffectHolder, EffectIntent, EffectState } from '../../../attempt/recorded-effects.js';

type Holder = Omit<EffectHolder, 'run'>;

/** An effect as the ledger keeps it. */
export interface EffectRow extends Omit<EffectIntent, 'again'> {
  readonly state: EffectState;
  readonly result: JsonText | null;
  readonly error: TaskError | null;
  readonly begunAt: number;
  readonly settledBy: string | null;
  readonly fence: Holder['fence'];
  readonly claim: Holder['claim'];
}

/** The rows of the tasks whose effects these are. */
export interface GuardedTasks {
  /** undefined: the attempt does not hold the task any more. */
  guardOf(holder: Holder): Guard | null | undefined;
  guard(holder: Holder, guard: Guard | null): void;
  /** None of its effects is open any more, whoever holds it. */
  settleGuard(task: Pick<Holder, 'node' | 'at'>): void;
}

/**
 * Effects as `begin-effect.sql`, `end-effect.sql`, `settle-effects.sql`, `void-effects.sql` and `settle-guards.sql` write them; one spec
 * holds both to the same.
 */
export class EffectBook {
  private readonly tasks = new Map<string, Map<string, EffectRow>>();

  constructor(private readonly held: GuardedTasks) {}

  /** Effects of one task instance, as they were first begun. */
  of({ node, at }: Pick<Holder, 'node' | 'at'>): readonly EffectRow[] {
    return [...(this.tasks.get(`${node}:${at}`)?.values() ?? [])];
  }

  begin(holder: Holder, { again, ...intent }: EffectIntent, now: number): BegunEffect {
    const guard = this.held.guardOf(holder);
    if (guard === undefined) return { kind: 'stale' };
    const row = this.find(holder, intent.name);
    const differs = row !== undefined && row.fingerprint !== intent.fingerprint;
    const isKnown = row !== undefined && (row.state === 'committed' || differs);
    this.held.guard(holder, isKnown ? recorded(guard) : opened(guard, intent.policy));
    if (row === undefined || (!differs && mayBegin(row, holder, again))) {
      const { fence, claim } = holder;
      const fresh = { state: 'intended', result: null, error: null, settledBy: null } as const;
      this.put(holder, { ...intent, ...fresh, begunAt: now, fence, claim });
      return { kind: 'begun' };
    }
    if (differs) return { kind: 'differs' };
    if (row.state === 'committed') return { kind: 'committed', result: row.result ?? ('null' as JsonText) };
    return { kind: 'in-doubt', attempt: row.attempt, begunAt: row.begunAt, error: row.error };
  }

  /** False: the attempt has been replaced, nothing was written. */
  end(holder: Holder, name: string, end: EffectEnd): boolean {
    const guard = this.held.guardOf(holder);
    if (guard === undefined) return false;
    const isOpen = this.of(holder).some((other) => other.name !== name && isInDoubt(other));
    this.held.guard(holder, end.state === 'in_doubt' || isOpen ? guard : 'settled');
    const row = this.find(holder, name);
    if (row === undefined || row.fence !== holder.fence || row.claim !== holder.claim) return false;
    this.put(
      holder,
      end.state === 'committed' ? { ...row, ...end, error: null } : { ...row, state: end.state, error: end.error, result: null },
    );
    return true;
  }

  /** What a person has found out. */
  settle({ findings, othersNot, by, ...task }: EffectWrite): void {
    for (const finding of findings) {
      const row = this.find(task, finding.name);
      if (row === undefined || !isInDoubt(row)) continue;
      const found = finding.happened
        ? ({ state: 'committed', result: finding.result } as const)
        : ({ state: 'void', result: null } as const);
      this.put(task, { ...row, ...found, settledBy: by });
    }
    if (othersNot)
      for (const row of this.of(task).filter(isInDoubt)) this.put(task, { ...row, state: 'void', result: null, settledBy: by });
    if (!this.of(task).some(isInDoubt)) this.held.settleGuard(task);
  }

  private find({ node, at }: Pick<Holder, 'node' | 'at'>, name: string): EffectRow | undefined {
    return this.tasks.get(`${node}:${at}`)?.get(name);
  }

  private put({ node, at }: Pick<Holder, 'node' | 'at'>, row: EffectRow): void {
    const key = `${node}:${at}`;
    const rows = this.tasks.get(key) ?? new Map<string, EffectRow>();
    this.tasks.set(key, rows.set(row.name, Object.freeze(row)));
  }
}

const isInDoubt = ({ state }: EffectRow): boolean => state === 'intended' || state === 'in_doubt';

/** What did not happen may; what is in doubt if somebody says so; what this claim has begun, as its answer may have been lost. */
const mayBegin = (row: EffectRow, { claim }: Holder, again: boolean): boolean =>
  row.state === 'void' || (again && isInDoubt(row)) || (row.state === 'intended' && row.claim === claim);

const recorded = (guard: Guard | null): Guard => (guard === null || guard.startsWith('once-') ? 'settled' : guard);

/** From the one that is undone most easily to the one that needs a person: of several, the last counts. */
const BY_STRICTNESS: readonly OnInDoubt[] = ['retry', 'probe', 'fail', 'park'];

function opened(guard: Guard | null, policy: OnInDoubt): Guard {
  const before = ON_IN_DOUBT.find((word) => guard === `open-${word}`);
  const isStricter = before !== undefined && BY_STRICTNESS.indexOf(before) > BY_STRICTNESS.indexOf(policy);
  return `open-${isStricter ? before : policy}`;
}
