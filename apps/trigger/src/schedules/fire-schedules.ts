import { encodeRunCommand, type Outgoing, type TopologyNames, toInbox } from '@reprise/contracts';
import { decideFiring, type Firing, isTimed, type RunId, type VersionId } from '@reprise/core';
import { classifyError, type DatabaseClock, type LockedSchedule, ScheduleStore, type Session } from '@reprise/ledger';
import type { Clock, Logger, Metrics } from '@reprise/service';
import type { ActiveWorkflow } from '../definitions/active-workflows.js';
import type { StartAnswer, TriggeredRequest } from '../starts/start-request.js';
import type { StartRuns } from '../starts/start-runs.js';
import { firingRequest, runsOf, skipRequest, type TimedTarget } from './schedule-request.js';

/** Schedules of one transaction. */
const PAGE = 100;
/** Of a schedule: what lies further back has ended, or nobody asked that it should not overlap. */
export const MOST_OPEN_RUNS = 1_000;

export interface FireSchedulesOptions {
  readonly starts: Pick<StartRuns, 'startAsked'>;
  readonly databaseClock: DatabaseClock;
  readonly names: TopologyNames;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

type Take = (store: ScheduleStore) => Promise<readonly LockedSchedule[]>;

/** A schedule in the transaction that deals with it. */
interface Looked {
  readonly row: LockedSchedule;
  readonly target: TimedTarget;
  readonly firing: Firing;
  readonly open: readonly OpenRun[];
}

interface OpenRun {
  readonly id: RunId;
  readonly version: VersionId;
}

/**
 * Fires what is due: one transaction locks the schedules, starts their runs and moves them on, so that an instant gets its run once, however
 * many triggers there are and wherever one of them dies.
 */
export class FireSchedules {
  constructor(private readonly options: FireSchedulesOptions) {}

  /** `again`: there may be more that is due. */
  async look(): Promise<'again' | 'rest'> {
    const taken: LockedSchedule[] = [];
    const takeDue: Take = async (store) => {
      taken.splice(0, taken.length, ...(await store.takeDue(PAGE)));
      return taken;
    };
    try {
      return (await this.deal(takeDue, null)) > 0 ? 'again' : 'rest';
    } catch (error) {
      if (classifyError(error) !== 'refused' || taken.length === 0) throw error;
      this.options.logger.warn({ error, schedules: taken.length }, 'schedules were refused together, trying them one by one');
      for (const { workflow, id } of taken) await this.dealAlone(workflow, id);
      return 'again';
    }
  }

  /** One that the ledger refuses must not stop the others, nor itself for ever: its instants are kept with the reason. */
  private async dealAlone(workflow: string, id: string): Promise<void> {
    const take: Take = async (store) => {
      const row = await store.lock(workflow, id);
      return row === null || row.pausedAt !== null ? [] : [row];
    };
    try {
      await this.deal(take, null);
    } catch (error) {
      if (classifyError(error) !== 'refused') throw error;
      this.options.logger.error({ error, schedule: `${workflow}/${id}` }, 'a firing is refused by the ledger');
      await this.deal(take, `the ledger refuses it: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  private async deal(take: Take, refusal: string | null): Promise<number> {
    const { starts, logger } = this.options;
    let looked: readonly Looked[] = [];
    const { told } = await starts.startAsked({
      ask: async (session, workflows) => {
        looked = await lookAt(new ScheduleStore(session), take, workflows);
        return looked.flatMap((each) => requestsOf(each, refusal));
      },
      settle: (session, answers) => this.settle(session, looked, answers),
    });
    told.catch((error: unknown) => logger.warn({ error }, 'what schedules started was not told; the watch will tell it'));
    this.count(looked, refusal === null);
    return looked.length;
  }

  private async settle(
    session: Session,
    looked: readonly Looked[],
    answers: readonly StartAnswer[],
  ): Promise<readonly Outgoing[]> {
    const store = new ScheduleStore(session);
    let next = 0;
    const writes = looked.map((each) => {
      const { row, firing, open } = each;
      const fired = answers.slice(next, next + firing.fire.length).flatMap(runsOf);
      next += firing.fire.length + keptSkips(each).length;
      const { workflow, id } = row;
      const { state, dueAt, missed, skip } = firing;
      const openRuns = [...open.map((run) => run.id), ...fired].slice(-MOST_OPEN_RUNS);
      return { workflow, id, state, dueAt, openRuns, missed, skipped: skip.length };
    });
    await store.write(writes);
    return this.cancelOpen(store, looked);
  }

  private async cancelOpen(store: ScheduleStore, looked: readonly Looked[]): Promise<readonly Outgoing[]> {
    const { clock, names } = this.options;
    const outgoing: Outgoing[] = [];
    for (const { row, open } of looked.filter(({ firing }) => firing.cancelOpen)) {
      const name = `${row.workflow}/${row.id}`;
      const command = encodeRunCommand({ kind: 'cancel', reason: `overlap: cancelRunning of schedule ${name}`, by: null });
      for (const { id, version } of open) {
        await store.command({ id: clock.uuidv7(), run: id, ...command });
        outgoing.push(toInbox(names, [{ kind: 'look', run: id, version }]));
      }
    }
    return outgoing;
  }

  private count(looked: readonly Looked[], hasFired: boolean): void {
    const { metrics, databaseClock, logger } = this.options;
    const now = databaseClock.now();
    for (const each of looked) {
      const { row, firing } = each;
      const schedule = `${row.workflow}/${row.id}`;
      for (const { dueAt } of hasFired ? firing.fire : [])
        metrics.histogram('reprise_schedule_lateness_seconds').observe(Math.max(0, now - dueAt) / 1_000);
      for (const { instant, reason } of keptSkips(each)) logger.info({ schedule, instant, reason }, 'an instant gets no run');
      if (firing.missed === 0) continue;
      metrics.counter('reprise_schedule_missed_total').inc(firing.missed);
      logger.warn({ schedule, missed: firing.missed }, 'instants have passed while nobody was there to fire them');
    }
  }
}

/** Schedules of versions that this process does not know yet were registered a moment ago: the next look knows them. */
async function lookAt(
  store: ScheduleStore,
  take: Take,
  current: ReadonlyMap<string, ActiveWorkflow>,
): Promise<readonly Looked[]> {
  const rows = await take(store);
  const runs = await store.openRuns(rows.flatMap((row) => row.openRuns));
  const openById = new Map(runs.map((run) => [run.id, run]));
  return rows.flatMap((row) => {
    const known = current.get(row.workflow);
    const trigger = known?.version === row.version ? known.workflow.triggers[row.trigger] : undefined;
    if (known === undefined || trigger === undefined || !isTimed(trigger)) return [];
    const open = row.openRuns.flatMap((id) => openById.get(id) ?? []);
    const firing = decideFiring(`${row.workflow}/${row.id}`, trigger, row.state, open.length > 0, row.now);
    return [{ row, target: { ...known, timed: trigger, trigger: row.trigger }, firing, open }];
  });
}

function requestsOf(looked: Looked, refusal: string | null): readonly TriggeredRequest[] {
  const { target, firing } = looked;
  const fire = firing.fire.map(({ instant, previous }) =>
    refusal === null ? firingRequest(target, instant, previous) : skipRequest(target, instant, refusal),
  );
  return [...fire, ...keptSkips(looked).map(({ instant, reason }) => skipRequest(target, instant, reason))];
}

/** Skipped instants of which the reason is kept. A poll whose probe takes long, or is parked, skips many, and the next one looks at the same thing. */
const keptSkips = ({ target, firing }: Looked): Firing['skip'] => (target.timed.kind === 'poll' ? [] : firing.skip);
