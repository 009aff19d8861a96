import { expect, test } from '@jest/globals';
import type { Fence, VersionId } from '@reprise/core';
import { SchedulerUnderTest } from '../../test/scheduler-under-test.js';

test('that the time of a child run is over may be told twice in one batch, by its alarm and by the watch: it is asked to stop once', async () => {
  await using scheduler = await SchedulerUnderTest.create();
  const { db } = scheduler;
  const { run } = await scheduler.start('workflow: order\ntasks: { ship: { workflow: shipping, timeout: 1h } }');
  const { run: other } = await scheduler.start('workflow: shipping\ntasks: { nap: { sleep: 1d } }');
  await db.query(`update reprise.task set total_until = now() - interval '1 second' where run_id = $1`, [run]);
  const [task] = await db.query<{ child: string; fence: string; version: VersionId }>(
    `select t.progress ->> 'run' as child, t.fence, r.workflow_id as version from reprise.task as t join reprise.run as r on r.id = t.run_id
     where t.run_id = $1`,
    [run],
  );
  // As its trigger would have started it.
  await db.query('update reprise.run set id = $2, parent_id = $3 where id = $1', [other, task?.child, run]);
  const wake = {
    kind: 'wake',
    run,
    version: task?.version as VersionId,
    node: 0,
    at: '',
    fence: Number(task?.fence) as Fence,
  } as const;
  await scheduler.advance([wake, wake]);
  expect(await db.query('select run_id, kind from reprise.command')).toEqual([{ run_id: task?.child, kind: 'cancel' }]);
  expect(await db.query('select status, cancelling from reprise.task where run_id = $1', [run])).toMatchObject([
    { status: 'waiting' },
  ]);
});
