import type { BackfillView, Page, ScheduleInstant, ScheduleView } from '@reprise/contracts';
import { armSchedule, isTimed, listInstants, timetableOf } from '@reprise/core';
import {
  BackfillStore,
  type Database,
  type LockedSchedule,
  type NewBackfill,
  type PageRequest,
  page,
  readRunCursor,
  runCursor,
  ScheduleStore,
  ScheduleViews,
  type Session,
  type ShownSchedule,
  type WorkflowCache,
} from '@reprise/ledger';
import type { Clock } from '@reprise/service';
import type { StartAnswer } from '../starts/start-request.js';
import type { StartRuns } from '../starts/start-runs.js';
import { MOST_OPEN_RUNS } from './fire-schedules.js';
import {
  backfillNotFound,
  badCursor,
  noBackfillOfPoll,
  notPast,
  scheduleNotFound,
  tooManyInstants,
  wrongState,
} from './schedule-problem.js';
import { firingRequest, runsOf, type TimedTarget, timedSource } from './schedule-request.js';
import { asPlanned, showBackfill, showInstants, showSchedule } from './show-schedule.js';

const MOST_BACKFILLED = 10_000;
const FIRINGS_IN_LIST = 3;
const FIRINGS_IN_ONE = 20;

/** A schedule's name in two. */
export interface ScheduleName {
  readonly workflow: string;
  readonly schedule: string;
}

const textOf = ({ workflow, schedule }: ScheduleName): string => `${workflow}/${schedule}`;

export interface BackfillOrder {
  readonly from: number;
  readonly to: number;
  readonly parallel: number;
  readonly everyMs: number;
  readonly rerun: boolean;
  readonly by: string;
  /** Only tell what it would do. */
  readonly dryRun: boolean;
}

export interface OperateSchedulesOptions {
  readonly database: Database;
  readonly starts: Pick<StartRuns, 'startAsked'>;
  readonly versions: WorkflowCache;
  readonly clock: Clock;
  /** Something may be due sooner than it was. */
  readonly poke: () => void;
}

/** What people do with schedules: look at them, pause them, fire one now, make up for the past. */
export class OperateSchedules {
  private readonly views: ScheduleViews;
  private readonly store: ScheduleStore;
  private readonly backfills: BackfillStore;

  constructor(private readonly options: OperateSchedulesOptions) {
    this.views = new ScheduleViews(options.database);
    this.store = new ScheduleStore(options.database);
    this.backfills = new BackfillStore(options.database);
  }

  /** In the order of their names. */
  async list(workflow: string | null, limit: number, cursor: string | null): Promise<Page<ScheduleView>> {
    const behind = cursor === null ? null : readCursor(cursor);
    const rows = await this.views.schedules({ limit: limit + 1, workflow, id: null, behind });
    const shown = rows.slice(0, limit);
    const last = rows.length > limit ? shown.at(-1) : undefined;
    const next = last === undefined ? null : Buffer.from(`${last.workflow}/${last.id}`).toString('base64url');
    return { items: await this.show(shown, FIRINGS_IN_LIST), next };
  }

  async get(name: ScheduleName): Promise<ScheduleView> {
    const [view] = await this.show([await this.find(name)], FIRINGS_IN_ONE);
    if (view === undefined) throw scheduleNotFound(textOf(name));
    return view;
  }

  /** The next instants after `from`; null: now. */
  async preview(name: ScheduleName, count: number, from: number | null): Promise<readonly ScheduleInstant[]> {
    const shown = await this.find(name);
    const trigger = await this.triggerOf(name, shown);
    return showInstants(textOf(name), trigger, from ?? shown.now, count);
  }

  async pause(name: ScheduleName, by: string, reason: string | null): Promise<ScheduleView> {
    if (!(await this.store.pause(name.workflow, name.schedule, by, reason))) {
      await this.find(name);
      throw wrongState(textOf(name), 'is paused already', 'resume it to let it fire again');
    }
    return this.get(name);
  }

  /** It goes on with the first instant to come: those that passed meanwhile were meant not to fire. */
  async resume(name: ScheduleName): Promise<ScheduleView> {
    await this.options.database.transaction(async (session) => {
      const store = new ScheduleStore(session);
      const row = await store.lock(name.workflow, name.schedule);
      if (row === null) throw scheduleNotFound(textOf(name));
      if (row.pausedAt === null) throw wrongState(textOf(name), 'is not paused', 'it fires at its times');
      const { nextInstant, dueAt } = armSchedule(textOf(name), await this.triggerOf(name, row), row.now);
      await store.resume(name.workflow, name.schedule, nextInstant, dueAt);
    });
    this.options.poke();
    return this.get(name);
  }

  /** Fires now, besides its times; paused or not, whatever `overlap` says. The same key again finds the run it has started. */
  async trigger(name: ScheduleName, by: string, key: string | null): Promise<StartAnswer> {
    const id = key ?? this.options.clock.uuid();
    let row: LockedSchedule | null = null;
    const { answers } = await this.options.starts.startAsked({
      ask: async (session) => {
        const locked = await new ScheduleStore(session).lock(name.workflow, name.schedule);
        if (locked === null) throw scheduleNotFound(textOf(name));
        row = locked;
        const target = await this.targetOf(name, locked);
        const source = `${timedSource(name.workflow, target.timed)}/manual`;
        return [firingRequest(target, Math.floor(locked.now), locked.state.previous, { source, id, by })];
      },
      settle: async (session, given) => {
        if (row !== null) await keepOpen(session, row, given);
        return [];
      },
    });
    return answers[0] ?? { kind: 'failed', reason: 'the firing got no answer' };
  }

  async backfill(name: ScheduleName, order: BackfillOrder): Promise<BackfillView> {
    const shown = await this.find(name);
    if (order.to > shown.now) throw notPast();
    const timed = await this.triggerOf(name, shown);
    if (timed.kind === 'poll') throw noBackfillOfPoll(textOf(name));
    const timetable = timetableOf(timed);
    const instants = listInstants(timetable, order.from - 1, order.to, MOST_BACKFILLED + 1);
    if (instants.length > MOST_BACKFILLED) throw tooManyInstants(MOST_BACKFILLED);
    const { version, trigger } = shown;
    const { from, to, parallel, everyMs, rerun } = order;
    const backfill: NewBackfill = {
      ...{ id: this.options.clock.uuidv7(), ...name, version, trigger, from, to, parallel, everyMs, rerun },
      total: instants.length,
      nextInstant: instants[0] ?? null,
      askedBy: order.by,
    };
    if (order.dryRun) return showBackfill(asPlanned(backfill, shown.now));
    await this.backfills.insert(backfill);
    this.options.poke();
    return this.backfillOf(name, backfill.id);
  }

  /** Newest first. */
  async listBackfills(name: ScheduleName, { cursor, limit }: PageRequest): Promise<Page<BackfillView>> {
    const below = cursor === null ? null : readRunCursor(cursor);
    if (cursor !== null && below === null) throw badCursor();
    const rows = await this.views.backfills(name.workflow, name.schedule, { id: null, limit: limit + 1, below });
    if (rows.length === 0) await this.find(name);
    return page(rows, limit, showBackfill, ({ id }) => runCursor(id)).page;
  }

  async backfillOf(name: ScheduleName, id: string): Promise<BackfillView> {
    const [row] = await this.views.backfills(name.workflow, name.schedule, { id, limit: 1, below: null });
    if (row === undefined) throw backfillNotFound(textOf(name), id);
    return showBackfill(row);
  }

  /** Nothing more starts; its open runs go on. */
  async cancelBackfill(name: ScheduleName, id: string): Promise<BackfillView> {
    const { state } = await this.backfillOf(name, id);
    if (!(await this.backfills.cancel(id)))
      throw wrongState(textOf(name), `has no running backfill ${id}: it is ${state}`, 'only a running one can be cancelled');
    return this.backfillOf(name, id);
  }

  private async find({ workflow, schedule }: ScheduleName): Promise<ShownSchedule> {
    const [shown] = await this.views.schedules({ limit: 1, workflow, id: schedule, behind: null });
    if (shown === undefined) throw scheduleNotFound(`${workflow}/${schedule}`);
    return shown;
  }

  private async show(rows: readonly ShownSchedule[], firingsOfEach: number): Promise<readonly ScheduleView[]> {
    const all = await Promise.all(
      rows.map(async (row) => ({ row, timed: await this.triggerOf({ workflow: row.workflow, schedule: row.id }, row) })),
    );
    const sources = all.map(({ row, timed }) => timedSource(row.workflow, timed));
    // Of a poll's instant there are two: that it fired, and what came of it.
    const firings = await this.views.firings(sources, 2 * firingsOfEach);
    return all.map(({ row, timed }) => showSchedule(row, timed, firings, firingsOfEach));
  }

  private async targetOf(name: ScheduleName, row: Pick<ShownSchedule, 'version' | 'trigger'>): Promise<TimedTarget> {
    const workflow = await this.options.versions.get(row.version);
    if (workflow === null) throw new Error(`schedule ${textOf(name)} is of version ${row.version}, which is not there`);
    const timed = workflow.triggers[row.trigger];
    if (timed === undefined || !isTimed(timed)) throw new Error(`trigger ${row.trigger} of ${workflow.name} does not fire`);
    return { version: row.version, workflow, timed, trigger: row.trigger };
  }

  private async triggerOf(name: ScheduleName, row: Pick<ShownSchedule, 'version' | 'trigger'>): Promise<TimedTarget['timed']> {
    return (await this.targetOf(name, row)).timed;
  }
}

/** The instants that come next see it as a run of theirs: `overlap` is about runs of the schedule, whoever asked for them. */
async function keepOpen(session: Session, row: LockedSchedule, answers: readonly StartAnswer[]): Promise<void> {
  const { workflow, id, state, dueAt } = row;
  const store = new ScheduleStore(session);
  const open = await store.openRuns(row.openRuns);
  const openRuns = [...new Set([...open.map((run) => run.id), ...answers.flatMap(runsOf)])].slice(-MOST_OPEN_RUNS);
  await store.write([{ workflow, id, state, dueAt, openRuns, missed: 0, skipped: 0 }]);
}

function readCursor(cursor: string): { readonly workflow: string; readonly id: string } {
  const [workflow = '', id] = cursor.length > 512 ? [] : Buffer.from(cursor, 'base64url').toString('utf8').split('/');
  if (id === undefined || /[^\w-]/.test(`${workflow}${id}`)) throw badCursor();
  return { workflow, id };
}
