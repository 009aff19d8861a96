import { expect, test } from '@jest/globals';
import type { RunId } from '@reprise/core';
import { StartsUnderTest } from '../../test/starts-under-test.js';

/** Others stamp with the database's time; these triggers have heard of it when they began, and not since. */
const late = () => StartsUnderTest.create(1, {}, () => 0);
const JOB = 'workflow: job\nconcurrency: {}\ntasks: { a: { call: shop.work } }';

async function end(starts: StartsUnderTest, run: RunId | undefined): Promise<void> {
  await starts.db.query(`update reprise.run set status = 'succeeded', ended_at = clock_timestamp() where id = $1`, [run]);
  await starts.db.query('delete from reprise.slot');
}

test('a run that gets the place of another begins after that has ended', async () => {
  await using starts = await late();
  await starts.register(JOB);
  const [first] = await starts.startByName('job', [{}]);
  await end(starts, first);
  const [second] = await starts.startByName('job', [{}]);
  const [row] = await starts.db.query(
    'select b.started_at > a.ended_at as is_after from reprise.run as a, reprise.run as b where a.id = $1 and b.id = $2',
    [first, second],
  );
  expect(row).toEqual({ is_after: true });
});

test('a child run begins after the task that asked for it', async () => {
  await using starts = await late();
  await starts.register('workflow: shipping\ntasks: { pack: { call: shop.pack } }');
  const { run, asked } = await starts.parent('workflow: order\ntasks: { ship: { workflow: shipping } }');
  await starts.db.query('update reprise.task set started_at = clock_timestamp() where run_id = $1', [run]);
  await starts.ask(asked);
  const [row] = await starts.db.query(
    'select r.created_at > t.started_at as is_after from reprise.run as r join reprise.task as t on t.run_id = r.parent_id',
  );
  expect(row).toEqual({ is_after: true });
});

test('a run that rows of the ledger ask for because another has ended begins after that', async () => {
  await using starts = await late();
  await starts.register('workflow: night\ntasks: { a: { call: shop.work } }');
  const [first] = await starts.startByName('night', [{}]);
  const [trigger] = starts.triggers;
  const again = { kind: 'rerun', run: first as RunId, version: null, from: null, key: null, startedBy: null } as const;
  await trigger?.startAsked({
    ask: async () => {
      await end(starts, first);
      return [again];
    },
    settle: async () => [],
  });
  const [row] = await starts.db.query(
    'select b.created_at > a.ended_at as is_after from reprise.run as a join reprise.run as b on b.id <> a.id',
  );
  expect(row).toEqual({ is_after: true });
});
