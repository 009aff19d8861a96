import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fence, type RunId } from '@reprise/core';
import { eventually } from '@reprise/testing';
import { Advancing } from '../../test/advancing.js';
import { newTask, shuffled } from '../../test/rows.js';

const CONNECTIONS = 12;
const ledger = new Advancing(CONNECTIONS);
const { advance, halfway, startRun, startRuns } = ledger;
beforeAll(ledger.begin);
afterAll(ledger.end);

/** Waits until so many sessions of this database wait for a lock. */
const waiting = (count: number) =>
  eventually(
    async () => {
      const rows = await ledger.db.query(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      expect(rows).toHaveLength(count);
    },
    { what: `${count} sessions to wait for a lock` },
  );

/** A holder that is not let go would hold up the end of the test as well. */
const failAfter = (finish: () => Promise<void>) => async (error: unknown) => {
  await finish();
  throw error;
};

describe('locks', () => {
  test('of overlapping batches are taken in one order: none of them is ever run again for a deadlock', async () => {
    const ids = await startRuns(40);
    let works = 0;
    const batch = (index: number) =>
      advance(async (store) => {
        works += 1;
        const mine = shuffled(ids).slice(0, 25);
        const { runs } = await store.lockRuns(index % 2 === 0 ? mine : mine.reverse());
        const addresses = runs.flatMap(({ run }) => [
          { run: run.id, node: 1, at: '' },
          { run: run.id, node: 0, at: '' },
        ]);
        const tasks = await store.lockTasks(shuffled(addresses));
        await store.updateRuns(runs.map(({ run }) => run));
        await store.writeTasks(tasks.map(({ run, task }) => ({ run: run as RunId, task })));
        return [runs.length, tasks.length];
      });
    // As many at a time as there are connections: waiting for a connection has a limit of its own.
    const lanes = Array.from({ length: CONNECTIONS }, async (_, lane) => {
      for (let index = 0; index < 4; index += 1) expect(await batch(lane + index)).toEqual([25, 50]);
    });
    await Promise.all(lanes);
    expect(works).toBe(4 * CONNECTIONS);
  });

  test('`now` is the time once they are held, not when they were asked for', async () => {
    const [first, second] = (await startRuns(2)).slice().sort() as [RunId, RunId];
    for (const held of [first, second]) {
      const holder = await halfway(
        async (store) => void (await store.lockRuns([held])),
        async () => undefined,
      );
      const late = advance((store) => store.lockRuns([first, second]));
      await waiting(1).catch(failAfter(holder.finish));
      const [{ now }] = (await ledger.db.query('select reprise.ms(clock_timestamp()) as now')) as [{ now: number }];
      await holder.finish();
      expect((await late).now).toBeGreaterThanOrEqual(now);
    }
  });

  test('one who waited sees what the other has written', async () => {
    const id = await startRun();
    const address = { run: id, node: 0, at: '' };
    const writer = await halfway(
      async (store) => {
        const { runs } = await store.lockRuns([id]);
        await store.updateRuns(runs.map(({ run }) => ({ ...run, dueAt: 5e12 })));
      },
      async (store) => {
        const [locked] = await store.lockTasks([address]);
        if (locked !== undefined) await store.writeTasks([{ run: id, task: { ...locked.task, fence: fence(8) } }]);
      },
    );
    const reading = advance(async (store) => {
      const { runs } = await store.lockRuns([id]);
      return [runs[0]?.run.dueAt, (await store.lockTasks([address]))[0]?.task.fence];
    });
    await waiting(1).catch(failAfter(writer.finish));
    await writer.finish();
    expect(await reading).toEqual([5e12, 8]);
  });

  test('of what does not exist are no rows', async () => {
    const id = await startRun();
    expect(await advance((store) => store.lockTasks([{ run: id, node: 7, at: '' }]))).toEqual([]);
    expect(await advance((store) => store.lockTasks([{ run: id, node: 0, at: '3' }]))).toEqual([]);
    expect((await advance((store) => store.lockRuns(['00000000-0000-7000-8000-000000000000' as RunId]))).runs).toEqual([]);
  });

  test('the open rows of a run are those that have not ended, in the order of their keys', async () => {
    const id = await startRun();
    await advance((store) =>
      store.writeTasks([
        { run: id, task: newTask({ node: 1, status: 'succeeded', endedAt: 1 }) },
        { run: id, task: newTask({ node: 2, at: '10', status: 'parked' }) },
        { run: id, task: newTask({ node: 2, at: '2', status: 'retrying', dueAt: 1 }) },
      ]),
    );
    const open = await advance((store) => store.lockOpenTasks(id));
    expect(open.map(({ node, at }) => [node, at])).toEqual([
      [0, ''],
      [2, '10'],
      [2, '2'],
    ]);
  });
});
