import { afterAll, expect, test } from '@jest/globals';
import { ensurePartitions } from '@reprise/ledger';
import { systemClock } from '@reprise/service';
import { eventually, insertFinishedRuns } from '@reprise/testing';
import { Installation } from '../system/installation.js';
import type { KeptService } from '../system/kept-service.js';
import { END_WITHIN_MS, PATIENCE_MS, TEST_WITHIN_MS } from './load.js';

const DAYS = 50;
const DAY_MS = 86_400_000;
const RUNS = 5_000;
const KEPT_DAYS = 15;

// Each life of the monitor comes a little further: a portion not committed, one committed, and weeks about to be dropped.
const faults = [
  'before-commit:kill@1',
  'after-commit:kill@2',
  'before-drop:kill@1',
  'before-commit:kill@2',
  'before-drop:kill@1',
].map((fault) => `retention.${fault}`);
const reprise = await Installation.create();
afterAll(() => reprise.end(), END_WITHIN_MS);

/** Rows that stand for nothing, and runs that have lost some of theirs, by one look at everything. */
async function halves(): Promise<unknown> {
  const [counted] = await reprise.database.query(
    `with there as (select id from reprise.run), tasks as (select run_id, count(*) as tasks from reprise.task group by run_id)
     select
       (select count(*)::int from there left join tasks on run_id = id where tasks is distinct from 5) as incomplete,
       (select count(*)::int from tasks where run_id not in (select id from there)) as tasks,
       (select count(*)::int from reprise.attempt where run_id not in (select id from there)) as attempts,
       (select count(*)::int from reprise.effect where run_id not in (select id from there)) as effects,
       (select count(*)::int from reprise.attempt_log where run_id not in (select id from there)) as logs,
       (select count(*)::int from reprise.command where run_id not in (select id from there)) as commands,
       (select count(*)::int from reprise.approval where run_id not in (select id from there)) as approvals`,
  );
  return counted;
}
const NO_HALVES = { incomplete: 0, tasks: 0, attempts: 0, effects: 0, logs: 0, commands: 0, approvals: 0 };

const ENV = {
  REPRISE_QUEUE_TYPE: 'classic',
  REPRISE_WHEEL_LEVELS: '1',
  REPRISE_RETENTION: `${KEPT_DAYS}d`,
  REPRISE_LEASE: '2s',
  // A pass that could delete nothing is told there.
  REPRISE_LOG_LEVEL: 'debug',
};

/** On a busy machine a week's tables may be in use whenever it is tried: it is left to the next pass, which each life begins with. */
const wasBusy = (monitor: KeptService) => monitor.current.logs().some((line) => line.includes('"busy"'));

/** A life that ends at this point. */
async function diesAt(fault: string): Promise<void> {
  for (;;) {
    const monitor = reprise.startOne('monitor', { faults: [fault], env: ENV });
    await reprise.orTell(
      eventually(() => monitor.deaths > 0 || wasBusy(monitor), { what: `the monitor dies at ${fault}`, timeoutMs: PATIENCE_MS }),
    );
    if (monitor.deaths > 0) return;
    await monitor.stop();
  }
}

test(
  'a monitor that dies again and again while it deletes leaves nothing half deleted, and the next ones finish it',
  async () => {
    const { database } = reprise;
    const now = systemClock.now();
    for (let ago = DAYS; ago > 0; ago -= 7) await ensurePartitions(database.database, now - ago * DAY_MS);
    await database.database.source.transaction((manager) =>
      insertFinishedRuns((text, values) => manager.query(text, values), { runs: RUNS, days: DAYS }),
    );
    // By one moment: runs grow older while the test goes on.
    const [moment] = await database.query<{ now: Date }>('select now()');
    const endedIn = async (condition: string, days: number) =>
      (
        await database.query(`select from reprise.run where ended_at ${condition} $1::timestamptz - $2::interval`, [
          moment?.now,
          `${days} days`,
        ])
      ).length;
    const young = () => endedIn('>', KEPT_DAYS - 1);
    const stays = await young();
    for (const fault of faults) {
      await diesAt(fault);
      expect(await halves()).toEqual(NO_HALVES);
    }
    const monitor = reprise.startOne('monitor', { restart: true, env: ENV });
    await reprise.orTell(
      eventually(
        async () => {
          const old = await endedIn('<', KEPT_DAYS);
          if (old > 0 && wasBusy(monitor)) await monitor.kill('SIGKILL');
          return old === 0;
        },
        { what: 'all that is old enough is gone', timeoutMs: PATIENCE_MS },
      ),
    );
    expect(await halves()).toEqual(NO_HALVES);
    expect(await young()).toBe(stays);
    const weeks = await database.query(`select from pg_class where relname ~ '^run_[0-9]{8}$' and relkind = 'r'`);
    expect(weeks.length).toBeLessThan(15);
  },
  TEST_WITHIN_MS,
);
