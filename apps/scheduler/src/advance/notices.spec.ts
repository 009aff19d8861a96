import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fence, type RunId, type VersionId } from '@reprise/core';
import { NoticeStore } from '@reprise/ledger';
import { reported, SchedulerUnderTest, succeeded } from '../../test/scheduler-under-test.js';

const NAP = 'workflow: nap\ntasks: { a: { sleep: 1h } }';
let scheduler: SchedulerUnderTest;

beforeAll(async () => {
  scheduler = await SchedulerUnderTest.create();
});
afterAll(() => scheduler.end());

const left = async (run: RunId) =>
  (
    await scheduler.db.query<{ node: number; fence: number }>(
      'select node, fence from reprise.notice where run_id = $1 order by node, fence',
      [run],
    )
  ).map((row) => [Number(row.node), Number(row.fence)]);

describe('a notice', () => {
  test('is gone once its instance has looked; those to other instances, to the run and to a newer fence stay', async () => {
    const { run, version } = await startNap();
    const notice = (node: number, of: number) => ({ run, version, node, at: '', fence: fence(of) });
    await new NoticeStore(scheduler.db.database).insert([notice(0, 1), notice(0, 1), notice(0, 2), notice(-1, 0)]);
    await scheduler.advance([{ kind: 'wake', run, version, node: 0, at: '', fence: fence(1) }]);
    expect(await left(run)).toEqual([
      [-1, 0],
      [0, 2],
    ]);
    await scheduler.advance([{ kind: 'look', run, version }]);
    expect(await left(run)).toEqual([[0, 2]]);
  });

  test('stays when the look is not committed', async () => {
    const { run, version } = await startNap();
    await new NoticeStore(scheduler.db.database).insert([{ run, version, node: 0, at: '', fence: fence(1) }]);
    await scheduler.db.query(
      `create function reprise.refuse_all() returns trigger language plpgsql as $$ begin raise 'no'; end $$;
       create trigger refuse before update on reprise.task for each row execute function reprise.refuse_all()`,
    );
    await expect(scheduler.advance([{ kind: 'wake', run, version, node: 0, at: '', fence: fence(1) }])).rejects.toThrow();
    await scheduler.db.query('drop trigger refuse on reprise.task');
    expect(await left(run)).toEqual([[0, 1]]);
  });
});

test('a wait that begins where something ends that may be undone is subscribed', async () => {
  const { run, tickets } = await scheduler.start(`workflow: buy
tasks:
  - { id: charge, call: charge, compensate: { call: refund } }
  - { id: paid, waitFor: { event: order.paid } }`);
  await scheduler.advance([reported(await scheduler.claimOne(tickets), succeeded(1))]);
  const rows = await scheduler.db.query('select node, pattern from reprise.subscription where run_id = $1', [run]);
  expect(rows).toEqual([{ node: 1, pattern: 'order.paid' }]);
});

async function startNap(): Promise<{ readonly run: RunId; readonly version: VersionId }> {
  const { run } = await scheduler.start(NAP);
  const [row] = await scheduler.db.query<{ version: VersionId }>('select workflow_id as version from reprise.run where id = $1', [
    run,
  ]);
  if (row === undefined) throw new Error('no run');
  return { run, version: row.version };
}
