import type { TopologyNames } from '@reprise/contracts';
import { type Database, type DatabaseClock, ScheduleStore, WorkflowCache, type WorkflowStore } from '@reprise/ledger';
import type { ServiceContext } from '@reprise/service';
import type { StartRuns } from '../starts/start-runs.js';
import { FireSchedules } from './fire-schedules.js';
import { OperateSchedules } from './operate-schedules.js';
import { RunBackfills } from './run-backfills.js';
import { ScheduleLoop } from './schedule-loop.js';

export interface SchedulesOptions {
  readonly context: ServiceContext;
  readonly database: Database;
  readonly databaseClock: DatabaseClock;
  readonly store: WorkflowStore;
  readonly starts: StartRuns;
  readonly names: TopologyNames;
}

/** What makes schedules fire in this process, and what people may do with them. */
export class Schedules {
  readonly operate: OperateSchedules;
  private readonly loop: ScheduleLoop;

  constructor(private readonly options: SchedulesOptions) {
    const { context, database, databaseClock, store, starts, names } = options;
    const { clock, metrics, logger } = context;
    const versions = new WorkflowCache(store);
    const firing = new FireSchedules({ starts, databaseClock, names, clock, metrics, logger });
    const backfills = new RunBackfills({ database, starts, versions, logger });
    const schedules = new ScheduleStore(database);
    this.loop = new ScheduleLoop({
      nextFiring: () => schedules.nextFiring(),
      fire: () => firing.look(),
      backfill: () => backfills.look(),
      databaseClock,
      logger,
    });
    this.operate = new OperateSchedules({ database, starts, versions, clock, poke: () => this.poke() });
  }

  start(): void {
    this.loop.start();
  }

  async stop(): Promise<void> {
    await this.loop.stop();
  }

  /** Schedules have been registered: one may be due sooner than what the loop sleeps for. */
  poke(): void {
    this.loop.poke();
  }

  /** By the database's clock, epoch milliseconds. */
  now(): number {
    return Math.floor(this.options.databaseClock.now());
  }
}
