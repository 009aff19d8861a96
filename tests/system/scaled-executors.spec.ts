import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@reprise/testing';
import { Installation } from './installation.js';
import type { KeptService } from './kept-service.js';

/** Each handler waits, so that executors are bound by their slots and not by this machine. */
const WAIT_MS = 200;
const SLOTS = 8;
const ITEMS_PER_RUN = 100;
const EXECUTOR = { env: { REPRISE_CONCURRENCY: String(SLOTS), REPRISE_DRAIN: '15s' } };
/** A machine ten times slower ends in time as well. */
const PATIENCE_MS = 150_000;

let reprise: Installation;
beforeAll(async () => {
  reprise = await Installation.create();
  await Promise.all([reprise.start('trigger', 'scheduler'), reprise.startOne('executor', EXECUTOR).ready()]);
  await reprise.start('monitor');
  await reprise.register({
    workflow: 'waits',
    tasks: {
      wait: {
        forEach: { in: 'input.items', as: 'item', parallel: ITEMS_PER_RUN },
        call: 'record',
        with: { ms: WAIT_MS, item: '${{ item }}' },
      },
    },
  });
}, PATIENCE_MS);
afterAll(() => reprise.end());

interface Done {
  readonly executor: string;
  readonly startedAt: number;
}

const allDone = () =>
  reprise.database.query<Done>(
    `select executor, reprise.ms(started_at) as "startedAt" from reprise.task where executor is not null and status = 'succeeded'`,
  );
const isOf = ({ executor }: Done, { current: { pid } }: KeptService) => executor.includes(`/${pid}/`);

/** Runs enough that every slot always has something to do, until it is told to stop. Answers the runs. */
function underLoad() {
  let stopped = false;
  const items = Array.from({ length: ITEMS_PER_RUN }, (_, index) => index);
  const send = async () => {
    const runs: string[] = [];
    while (!stopped) {
      runs.push(await reprise.startRun('waits', { items }));
      await eventually(async () => stopped || (await openTasks()) < 2 * ITEMS_PER_RUN, { what: 'room', timeoutMs: PATIENCE_MS });
    }
    return runs;
  };
  const sending = send();
  sending.catch(() => undefined);
  return () => {
    stopped = true;
    return sending;
  };
}

async function openTasks(): Promise<number> {
  const [row] = await reprise.database.query<{ count: number }>(
    `select count(*)::int as count from reprise.task where at <> '' and ended_at is null`,
  );
  return row?.count ?? 0;
}

/** Attempts that begin per second, from now on until so many items more are done. */
async function rateOver(items: number): Promise<number> {
  const [row] = await reprise.database.query<{ now: number }>(`select reprise.ms(now()) as now`);
  const from = row?.now ?? 0;
  const began = await reprise.orTell(
    eventually(
      async () => {
        const since = (await allDone()).filter(({ startedAt }) => startedAt >= from);
        return since.length >= items && since;
      },
      { what: `${items} items more`, timeoutMs: PATIENCE_MS },
    ),
  );
  const until = Math.max(...began.map(({ startedAt }) => startedAt));
  return (began.length * 1_000) / (until - from);
}

const readyAll = (executors: readonly KeptService[]) =>
  eventually(() => Promise.all(executors.map((executor) => executor.ready())), { what: 'executors', timeoutMs: PATIENCE_MS });

test('executors 1 → 4 → 1 under load: the rate follows, nothing is lost, nothing is done twice, and who stops does so cleanly', async () => {
  const stopLoad = underLoad();
  const alone = await rateOver(120);
  const further = [1, 2, 3].map(() => reprise.startOne('executor', EXECUTOR));
  await readyAll(further);
  const four = await rateOver(400);
  const ends = await Promise.all(further.map((executor) => executor.current.stop()));
  const again = await rateOver(80);
  const runs = await stopLoad();
  for (const run of runs) expect(await reprise.ended(run, PATIENCE_MS)).toMatchObject({ status: 'succeeded' });

  expect(ends).toEqual(further.map(() => ({ code: 0, signal: null })));
  expect(four).toBeGreaterThanOrEqual(2 * alone);
  expect(four).toBeGreaterThanOrEqual(2 * again);
  const done = await allDone();
  expect(done).toHaveLength(runs.length * ITEMS_PER_RUN);
  for (const executor of reprise.all('executor')) expect(done.filter((each) => isOf(each, executor)).length).toBeGreaterThan(0);
  // Each began once and happened once: nobody who stopped has lost an attempt or left one to others.
  const { effects } = reprise.recorder;
  expect(effects).toHaveLength(2 * done.length);
  expect(new Set(effects.map(({ run, task, phase }) => `${run} ${task} ${phase}`)).size).toBe(2 * done.length);
  expect(await reprise.database.query(`select run_id, outcome from reprise.attempt`)).toEqual([]);
}, 500_000);
