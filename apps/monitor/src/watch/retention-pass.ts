import { type RunId, readProbeName } from '@reprise/core';
import {
  type Database,
  dropWeek,
  FIRST_END,
  firstUuidAt,
  type RetentionStore,
  type RunRange,
  splitRange,
  WEEK_MS,
  type WeekObstacle,
  weekOf,
  weekRanges,
} from '@reprise/ledger';
import { faultPoint } from '@reprise/service';
import type { DeleteEnded } from './delete-ended.js';

export interface RetentionPolicy {
  /** How long ended runs are kept, and how many runs (null: any number). */
  readonly runsMs: number;
  readonly mostRuns: number | null;
  readonly probesMs: number;
  readonly keysMs: number;
}

/** `week`: a whole one, with all its runs. `bulk`: backfills and batches. */
export type RetentionKind = 'run' | 'week' | 'probe' | 'event' | 'key' | 'dead_letter' | 'bulk' | 'member';

export interface Deleted {
  readonly kind: RetentionKind;
  readonly count: number;
}

/** Whoever started a run may be about to look at how it ended. */
const LEAST_AGE_MS = 3_600_000;
/** With so long a retention a week of runs waits until all of it is past, at most seven days longer, and is dropped as a whole. */
const WHOLE_WEEKS_FROM_MS = 4 * WEEK_MS;
/** Of each poll, whatever their age. */
const PROBES_KEPT = 100;
const PAGE = 2_000;
const NO_RUN = '00000000-0000-0000-0000-000000000000' as RunId;

export interface RetentionPassOptions {
  readonly database: Database;
  readonly store: RetentionStore;
  readonly deleteEnded: DeleteEnded;
  readonly policy: RetentionPolicy;
}

/** All that is old enough goes, step by step. Between two steps it may be dropped at any time: each has committed all of what it did. */
export class RetentionPass {
  /** Weeks that could not go as a whole, and why. */
  readonly kept = new Map<string, WeekObstacle>();

  constructor(private readonly options: RetentionPassOptions) {}

  async *steps(): AsyncGenerator<Deleted> {
    const now = await this.options.store.now();
    yield* this.probes(now);
    yield* this.runs(now);
    yield* this.others(now);
  }

  private async *runs(now: number): AsyncGenerator<Deleted> {
    const { store, policy } = this.options;
    const byAge = now - policy.runsMs;
    const oldestKept = policy.mostRuns === null ? null : await store.oldestKept(policy.mostRuns);
    for (const range of weekRanges(await store.weeks())) {
      for (const part of oldestKept === null ? [range] : splitRange(range, oldestKept)) {
        const isSurplus = oldestKept !== null && part.below <= oldestKept;
        const endedBefore = isSurplus ? Math.max(byAge, now - LEAST_AGE_MS) : byAge;
        if (part.from > firstUuidAt(endedBefore) && part.weekMs !== null) continue;
        const isPast = part.below <= firstUuidAt(endedBefore);
        const { weekMs } = part;
        if (weekMs !== null && part === range && isPast && weekMs < weekOf(now) - WEEK_MS) {
          yield* this.week({ ...part, weekMs }, endedBefore);
        } else if (isPast || isSurplus || weekMs === null || policy.runsMs < WHOLE_WEEKS_FROM_MS) {
          yield* this.walk(part, endedBefore);
        }
      }
    }
  }

  /** A week whose runs are all old enough by their ids: as a whole if nothing stands against it, else without those that must stay. */
  private async *week(range: RunRange & { readonly weekMs: number }, endedBefore: number): AsyncGenerator<Deleted> {
    const { database, store, deleteEnded } = this.options;
    const drop = () => dropWeek(database, range, endedBefore, () => faultPoint('retention.before-drop'));
    let obstacle = await drop();
    if (obstacle === 'more') {
      for (let gone = 1; gone > 0; ) {
        gone = 0;
        for await (const count of deleteEnded.delete(await store.runsWithMore(range, deleteEnded.portion), endedBefore)) {
          gone += count;
          yield { kind: 'run', count };
        }
      }
      obstacle = await drop();
    }
    if (obstacle === null) {
      yield { kind: 'week', count: 1 };
      return;
    }
    this.kept.set(new Date(range.weekMs).toISOString().slice(0, 10), obstacle);
    if (obstacle !== 'busy') yield* this.walk(range, endedBefore);
  }

  private async *walk(range: RunRange, endedBefore: number): AsyncGenerator<Deleted> {
    const { store, deleteEnded } = this.options;
    for (let after = FIRST_END; ; ) {
      const ended = await store.endedRuns(range, endedBefore, after, deleteEnded.portion);
      const last = ended.at(-1);
      if (last === undefined) return;
      after = last;
      const ids = ended.map(({ id }) => id);
      for await (const count of deleteEnded.delete(ids, endedBefore)) yield { kind: 'run', count };
    }
  }

  private async *probes(now: number): AsyncGenerator<Deleted> {
    const { store, deleteEnded, policy } = this.options;
    const endedBefore = now - Math.min(policy.probesMs, policy.runsMs);
    for (const name of await store.probeNames()) {
      for (let after = NO_RUN; ; ) {
        const ended = await store.endedProbes(name, endedBefore, PROBES_KEPT, after, deleteEnded.portion);
        const last = ended.at(-1);
        if (last === undefined) break;
        after = last;
        for await (const count of deleteEnded.delete(ended, endedBefore)) yield { kind: 'probe', count };
      }
      const poll = readProbeName(name);
      const source = poll === null ? name : `poll/${poll.workflow}/${poll.poll}`;
      yield* whileFull('event', () => store.forgetPollEvents(source, endedBefore, 2 * PROBES_KEPT, PAGE));
    }
  }

  /** An event is known for as long as the run it started, and as the key it may have taken. */
  private async *others(now: number): AsyncGenerator<Deleted> {
    const { store, policy } = this.options;
    const before = now - policy.runsMs;
    const seenBefore = now - Math.max(policy.runsMs, policy.keysMs);
    yield* whileFull('event', () => store.forgetEvents(seenBefore, PAGE));
    yield* whileFull('event', () => store.forgetRepeats(seenBefore, PAGE));
    yield* whileFull('key', () => store.forgetKeys(PAGE));
    yield* whileFull('dead_letter', () => store.forgetLetters(before, PAGE));
    yield { kind: 'bulk', count: await store.forgetBulk(before) };
    yield { kind: 'member', count: await store.forgetDead() };
  }
}

async function* whileFull(kind: RetentionKind, forget: () => Promise<number>): AsyncGenerator<Deleted> {
  for (let count = PAGE; count >= PAGE; ) {
    count = await forget();
    yield { kind, count };
  }
}
