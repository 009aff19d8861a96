import { instantText, listInstants, previousInstant, type ScheduleTrigger, timetableOf } from '@reprise/core';
import {
  BackfillStore,
  classifyError,
  type Database,
  type LockedBackfill,
  ScheduleStore,
  type Session,
  type WorkflowCache,
} from '@reprise/ledger';
import type { Logger } from '@reprise/service';
import type { EventResult, StartAnswer, TriggeredRequest } from '../starts/start-request.js';
import type { StartRuns } from '../starts/start-runs.js';
import { firingRequest, runsOf, type TimedTarget, timedSource } from './schedule-request.js';

/** Backfills that are looked at in one round. */
const MOST_BACKFILLS = 100;
/** Instants of one step, with a run or without. */
const MOST_INSTANTS = 200;
/** What a rate has not used while nobody looked does not come all at once. */
const MOST_BURST_MS = 1_000;

export interface RunBackfillsOptions {
  readonly database: Database;
  readonly starts: Pick<StartRuns, 'startAsked'>;
  readonly versions: WorkflowCache;
  readonly logger: Logger;
}

/** How far one step of a backfill comes. */
interface Step {
  readonly backfill: LockedBackfill;
  readonly openRuns: LockedBackfill['openRuns'];
  /** How many instants it has come past, and how many of them had a run. */
  readonly passed: number;
  readonly existing: number;
  readonly requests: readonly TriggeredRequest[];
  readonly nextInstant: number | null;
}

/** `refused`: the ledger will not have a run of the next instant; it is counted and passed. */
type Limit = { readonly most: number; readonly refused: boolean };

/** Makes up for instants of the past, a few at a time: the next one starts when one of the runs before it has ended. */
export class RunBackfills {
  constructor(private readonly options: RunBackfillsOptions) {}

  /** `again`: one of them came as far as one step goes. */
  async look(): Promise<'again' | 'rest'> {
    const ids = await new BackfillStore(this.options.database).running(MOST_BACKFILLS);
    let next: 'again' | 'rest' = 'rest';
    for (const id of ids) if ((await this.stepOf(id)) >= MOST_INSTANTS) next = 'again';
    return next;
  }

  /** Returns how many instants it came past. One that the ledger refuses does not hold up the others. */
  private async stepOf(id: string): Promise<number> {
    for (const limit of [
      { most: MOST_INSTANTS, refused: false },
      { most: 1, refused: false },
    ]) {
      try {
        return await this.step(id, limit);
      } catch (error) {
        if (classifyError(error) !== 'refused') throw error;
        this.options.logger.error({ error, backfill: id }, 'a run of a backfill is refused by the ledger');
      }
    }
    return this.step(id, { most: 1, refused: true });
  }

  private async step(id: string, limit: Limit): Promise<number> {
    let step: Step | null = null;
    const { told } = await this.options.starts.startAsked({
      ask: async (session) => {
        step = await this.plan(session, id, limit);
        return step?.requests ?? [];
      },
      settle: async (session, answers) => {
        if (step !== null) await writeStep(session, step, answers);
        return [];
      },
    });
    told.catch((error: unknown) =>
      this.options.logger.warn({ error }, 'what a backfill started was not told; the watch will tell it'),
    );
    return passedBy(step);
  }

  /** null: it has ended, or another trigger is at work on it. */
  private async plan(session: Session, id: string, limit: Limit): Promise<Step | null> {
    const store = new BackfillStore(session);
    const backfill = await store.lock(id);
    if (backfill === null) return null;
    const openRuns = (await new ScheduleStore(session).openRuns(backfill.openRuns)).map((run) => run.id);
    const target = await this.targetOf(backfill);
    const done = { backfill, openRuns, passed: 0, existing: 0, requests: [], nextInstant: null };
    if (target === null || backfill.nextInstant === null) return done;
    const instants = listInstants(timetableOf(target.schedule), backfill.nextInstant - 1, backfill.to, limit.most + 1);
    const known = await knownFirings(store, target.target, instants.slice(0, limit.most));
    return choose(backfill, target, openRuns, instants, known, limit);
  }

  private async targetOf({ workflow: name, version, schedule, trigger }: LockedBackfill): Promise<Target | null> {
    const workflow = await this.options.versions.get(version);
    const found = workflow?.triggers[trigger];
    if (workflow === null || found?.kind !== 'schedule') {
      this.options.logger.error({ schedule: `${name}/${schedule}`, version }, 'a backfill has lost its schedule, and ends');
      return null;
    }
    return { schedule: found, target: { version, workflow, timed: found, trigger } };
  }
}

interface Target {
  readonly schedule: ScheduleTrigger;
  readonly target: TimedTarget;
}

/** Of an instant: whether its events are there, and whether one of them has a run. */
type Known = ReadonlyMap<string, { readonly hasRun: boolean }>;

async function knownFirings(store: BackfillStore, { workflow, timed }: TimedTarget, instants: readonly number[]): Promise<Known> {
  const known = new Map<string, { readonly hasRun: boolean }>();
  for (const { instant, results } of await store.firings(timedSource(workflow.name, timed), instants.map(instantText))) {
    const hasRun = (JSON.parse(results) as readonly EventResult[]).some((result) => 'run' in result);
    known.set(instant, { hasRun: hasRun || known.get(instant)?.hasRun === true });
  }
  return known;
}

/** Passes instants that have a run, and asks for runs of the others, as long as there is room. */
function choose(
  backfill: LockedBackfill,
  { schedule, target }: Target,
  openRuns: Step['openRuns'],
  instants: readonly number[],
  known: Known,
  { most, refused }: Limit,
): Step {
  const timetable = timetableOf(schedule);
  const room = roomOf(backfill, openRuns.length);
  const requests: TriggeredRequest[] = [];
  let passed = 0;
  let existing = 0;
  for (const instant of instants.slice(0, most)) {
    const text = instantText(instant);
    const before = known.get(text);
    if (before?.hasRun === true && !backfill.rerun) existing += 1;
    else if (requests.length < room) {
      const again = before === undefined ? {} : { id: `${text}/backfill/${backfill.id}` };
      requests.push(
        firingRequest(target, instant, previousInstant(timetable, instant), {
          ...again,
          labels: { backfill: backfill.id },
          by: backfill.askedBy,
        }),
      );
    } else break;
    passed += 1;
  }
  return { backfill, openRuns, passed, existing, requests: refused ? [] : requests, nextInstant: instants[passed] ?? null };
}

/** How many runs may start now. */
function roomOf({ parallel, everyMs, nextStartAt, now }: LockedBackfill, open: number): number {
  const room = Math.max(0, parallel - open);
  if (everyMs === 0) return room;
  if (now < nextStartAt) return 0;
  return Math.min(room, 1 + Math.floor(Math.min(now - nextStartAt, MOST_BURST_MS) / everyMs));
}

async function writeStep(session: Session, step: Step, answers: readonly StartAnswer[]): Promise<void> {
  const { backfill, openRuns, nextInstant, passed, existing } = step;
  const results = answers.flatMap((answer) => (answer.kind === 'event' ? [answer] : []));
  const accepted = results.filter((answer) => answer.outcome === 'accepted');
  const started = accepted.filter((answer) => answer.results.some(({ kind }) => kind === 'started'));
  const found = results.filter((answer) => runsOf(answer).length > 0).length - started.length;
  const unmatched = results.filter((answer) => answer.outcome === 'unmatched').length;
  const open = [...openRuns, ...started.flatMap(runsOf)];
  const done = nextInstant === null && open.length === 0;
  if (passed === 0 && !done && open.length === backfill.openRuns.length) return;
  await new BackfillStore(session).write({
    id: backfill.id,
    nextInstant,
    nextStartAt: nextStart(backfill, answers.length),
    openRuns: open,
    started: started.length,
    existing: existing + found,
    unmatched,
    rejected: passed - existing - started.length - found - unmatched,
    done,
  });
}

const nextStart = ({ everyMs, nextStartAt, now }: LockedBackfill, starts: number): number =>
  starts === 0 ? nextStartAt : Math.max(nextStartAt, now - MOST_BURST_MS) + starts * everyMs;

const passedBy = (step: Step | null): number => step?.passed ?? 0;
