import {
  type ClaimId,
  claimId,
  type Fence,
  fence as fenceOf,
  type Guard,
  type Json,
  runId,
  type TaskError,
  toJsonText,
} from '@reprise/core';
import type { EffectHolder, EffectRecords } from '../attempt/recorded-effects.js';
import { EffectBook, type EffectRow } from './interpreter/index.js';
import { jsonOf } from './json-of.js';

/** An effect as it is recorded. */
export interface RecordedEffect {
  readonly name: string;
  /** The other system's idempotency key. */
  readonly key: string;
  /** `void`: it did not happen. `intended`, `in_doubt`: nobody knows. */
  readonly state: EffectRow['state'];
  /** Of the attempt that began it last. */
  readonly attempt: number;
  readonly result: Json;
  readonly error: TaskError | null;
}

interface HeldTask {
  readonly fence: Fence;
  readonly claim: ClaimId;
  readonly guard: Guard | null;
}

/** Who holds a task. */
export type MemoryHolder = EffectHolder;

/** The effects of tasks as the ledger would keep them, for fake attempts that follow one another: `fakeAttempt({ effects, number: 2 })`. */
export class MemoryEffects {
  private readonly tasks = new Map<string, HeldTask>();
  private claims = 0;
  private readonly book = new EffectBook({
    guardOf: (holder) => this.heldBy(holder)?.guard,
    guard: (holder, guard) => {
      const task = this.heldBy(holder);
      if (task !== null) this.tasks.set(holder.at, { ...task, guard });
    },
    settleGuard: ({ at }) => {
      const task = this.tasks.get(at);
      if (task?.guard?.startsWith('open-') === true) this.tasks.set(at, { ...task, guard: 'settled' });
    },
  });

  /** Effects of one task (`attempt.key`), or of all, in the order in which they were first begun. */
  recorded(key?: string): readonly RecordedEffect[] {
    const keys = key === undefined ? [...this.tasks.keys()] : [key];
    return keys.flatMap((at) => this.book.of({ node: NODE, at }).map(shown));
  }

  /** What the task's row says, should nobody hear how its attempt ended. */
  guardOf(key: string): Guard | null {
    return this.tasks.get(key)?.guard ?? null;
  }

  /** An attempt takes a task over, under the next fence or a given one; one that is not newer than the task's own holds nothing. */
  claim(key: string, { fence, guard = null }: { readonly fence?: number; readonly guard?: Guard | null } = {}): MemoryHolder {
    const before = this.tasks.get(key);
    const mine = fenceOf(fence ?? (before === undefined ? 1 : before.fence + 1));
    this.claims += 1;
    const claim = claimId(`00000000-0000-4000-8000-${String(this.claims).padStart(12, '0')}`);
    if (before === undefined || mine > before.fence) {
      const kept = before?.guard ?? null;
      this.tasks.set(key, { fence: mine, claim, guard: kept === null || kept.startsWith('once-') ? guard : kept });
    }
    return { run: RUN, node: NODE, at: key, fence: mine, claim };
  }

  /** Whether an attempt is the newest of its task. */
  isHeld(holder: MemoryHolder): boolean {
    return this.heldBy(holder) !== null;
  }

  /** Where an attempt records its effects; `now` in epoch milliseconds. */
  records(now: () => number): EffectRecords {
    return {
      begin: async (holder, intent) => this.book.begin(holder, intent, now()),
      end: async (holder, name, end) => this.book.end(holder, name, end),
    };
  }

  /** What people have found out, as `run.resolve` takes it; `othersNot`: of the rest, that it has not happened. */
  settle(key: string, findings: readonly Finding[], { othersNot = false }: { readonly othersNot?: boolean } = {}): void {
    this.book.settle({ node: NODE, at: key, by: null, othersNot, findings: findings.map(findingOf) });
  }

  private heldBy({ at, fence, claim }: Pick<MemoryHolder, 'at' | 'fence' | 'claim'>): HeldTask | null {
    const task = this.tasks.get(at);
    return task?.fence === fence && task.claim === claim ? task : null;
  }
}

/** What a person knows of an effect in doubt. */
export interface Finding {
  readonly name: string;
  readonly happened: boolean;
  /** If it happened: what later attempts get. */
  readonly result?: Json;
}

export const findingOf = ({ name, happened, result = null }: Finding) =>
  happened ? { name, happened, result: toJsonText(result) } : { name, happened };

export const shown = ({ name, key, state, attempt, result, error }: EffectRow): RecordedEffect => ({
  name,
  key,
  state,
  attempt,
  result: jsonOf(result),
  error,
});

// Tasks are told apart by their keys.
const NODE = 0;
const RUN = runId('01890000-0000-7000-8000-000000000001');
