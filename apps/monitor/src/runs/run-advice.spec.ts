import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RunId } from '@reprise/core';
import type { RunningService } from '@reprise/service';
import { type RegisteredWorkflow, registerWorkflow, startRuns, TestBroker, TestDatabase } from '@reprise/testing';
import { monitorOn } from '../../test/monitor-on.js';

let db: TestDatabase;
const broker = new TestBroker();
let monitor: RunningService;
let shipping: RegisteredWorkflow;

beforeAll(async () => {
  db = await TestDatabase.create();
  shipping = await registerWorkflow(db.database, 'workflow: shipping\ntasks: { pack: { call: shop.pack } }');
  monitor = await monitorOn(db, broker);
});
afterAll(async () => {
  await monitor.close();
  await broker.end();
  await db.end();
});

async function start(): Promise<RunId> {
  const [started] = await startRuns(db.database, shipping);
  return started!.run;
}

const ERROR = JSON.stringify({ code: 'http.503', message: 'busy', task: 'pack' });

async function fail(run: RunId, progress = '{}'): Promise<void> {
  await db.query(
    `update reprise.run set status = 'failed', ended_at = now(), error = $2, progress = (coalesce(progress::jsonb, '{}') || $3::jsonb)::json
     where id = $1`,
    [run, ERROR, progress],
  );
}

async function nextText(run: RunId): Promise<string | null> {
  const answer = await fetch(`${monitor.url}/v1/runs/${run}`);
  return ((await answer.json()) as { nextText: string | null }).nextText;
}

const retry = async (run: RunId): Promise<number> =>
  (await fetch(`${monitor.url}/v1/runs/${run}/retry`, { method: 'POST' })).status;

test('a run says what to do next, and that is what it can be asked for', async () => {
  const run = await start();
  expect(await nextText(run)).toBeNull();
  await db.query(`update reprise.task set status = 'parked', parked_at = now() where run_id = $1`, [run]);
  expect(await nextText(run)).toContain(`\`reprise run resolve ${run} pack succeeded|failed|retry\``);
  await db.query(`update reprise.task set status = 'failed', parked_at = null, ended_at = now() where run_id = $1`, [run]);
  await fail(run);
  expect(await nextText(run)).toBe(
    `correct the cause, then \`reprise run retry ${run}\`: it goes on from pack, nothing that succeeded runs again`,
  );
  expect(await retry(run)).toBe(202);
});

test('a retry that would be refused is not what a run says', async () => {
  const undone = await start();
  await fail(undone, '{"compensated": true}');
  expect(await nextText(undone)).toContain(`\`reprise run rerun ${undone}\``);
  expect(await retry(undone)).toBe(409);

  const [parent, child] = [await start(), await start()];
  const origin = { parent: { run: parent, version: shipping.version, node: 0, at: '', fence: 1 } };
  await db.query('update reprise.run set origin = $2, parent_id = $3 where id = $1', [child, JSON.stringify(origin), parent]);
  await fail(child);
  await db.query(`update reprise.task set status = 'waiting', fence = 1 where run_id = $1`, [parent]);
  expect(await nextText(child)).toContain(`\`reprise run retry ${child}\``);
  await db.query(`update reprise.task set status = 'failed', ended_at = now() where run_id = $1`, [parent]);
  await fail(parent);
  expect(await nextText(child)).toContain(`\`reprise run retry ${parent}\` starts this one anew`);
  expect([await retry(child), await retry(parent)]).toEqual([409, 202]);
});
