import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { instantText } from '@reprise/core';
import { eventually } from '@reprise/testing';
import { TriggerPipelines } from '../../test/trigger-pipelines.js';
import type { TriggerPipeline } from '../pipeline/trigger-pipeline.js';

let triggers: TriggerPipelines;
let desk: TriggerPipeline;

beforeAll(async () => {
  triggers = await TriggerPipelines.create(1);
  desk = await triggers.start();
});
afterAll(() => triggers.end());

const DAY_MS = 86_400_000;
const FIRST = Date.parse('2026-01-01T00:00:00Z');
const day = (number: number): number => FIRST + (number - 1) * DAY_MS;
const ORDER = { from: day(1), to: day(10), parallel: 3, everyMs: 0, rerun: false, dryRun: false, by: 'anna' };
/** It has come to its end: no midnight during the test is one of its instants. */
const DAILY = 'cron: "0 0 * * *", end: 2026-02-01T00:00:00Z';

const named = (workflow: string) => ({ workflow, schedule: 's' });
const backfill = (workflow: string, order: Partial<typeof ORDER> = {}) =>
  desk.schedules.operate.backfill(named(workflow), { ...ORDER, ...order });
const progress = (workflow: string, id: string) => desk.schedules.operate.backfillOf(named(workflow), id);
const openRuns = async (workflow: string): Promise<number> =>
  (await triggers.db.query('select id from reprise.run where workflow = $1 and ended_at is null', [workflow])).length;
const hasStarted = (workflow: string, count: number) =>
  eventually(async () => (await triggers.runs(workflow)).length === count, { what: `${count} runs of ${workflow}` });

/** Ends its runs, one after the other, until the backfill has ended. */
async function untilDone(workflow: string, id: string, most: number) {
  return eventually(
    async () => {
      expect(await openRuns(workflow)).toBeLessThanOrEqual(most);
      await triggers.db.query(
        `update reprise.run set status = 'succeeded', ended_at = now(), watch_at = null
         where id = (select id from reprise.run where workflow = $1 and ended_at is null order by id limit 1)`,
        [workflow],
      );
      const view = await progress(workflow, id);
      return view.state === 'done' && view;
    },
    { what: `the backfill of ${workflow} is done` },
  );
}

test('every instant of the range gets one run, never more than `parallel` at a time, oldest first', async () => {
  await triggers.register('range', `${DAILY}, input: { day: "\${{ schedule.time }}", before: "\${{ schedule.previous }}" }`);
  const asked = await backfill('range');
  expect(asked).toMatchObject({
    state: 'running',
    total: 10,
    schedule: 'range/s',
    askedBy: 'anna',
    from: '2026-01-01T00:00:00.000Z',
  });
  await hasStarted('range', 3);
  expect(await progress('range', asked.id)).toMatchObject({ started: 3, left: 7, openRuns: 3, next: '2026-01-04T00:00:00.000Z' });
  expect(await untilDone('range', asked.id, 3)).toMatchObject({ started: 10, existing: 0, left: 0, openRuns: 0, next: null });
  const runs = await triggers.runs('range');
  expect(runs.map(({ input }) => input)).toEqual(
    Array.from({ length: 10 }, (_, index) => ({ day: instantText(day(index + 1)), before: instantText(day(index)) })),
  );
  expect(runs[0]).toMatchObject({ trigger: 'schedule', scheduledFor: instantText(day(1)), labels: { backfill: asked.id } });
});

test('an instant that has a run already is passed and counted; one that was left without gets its run', async () => {
  await triggers.register('partly', DAILY);
  const insert = (id: string, results: string) =>
    triggers.db.query(
      `insert into reprise.trigger_event (source, id, type, fingerprint, outcome, results) values ('schedule/partly/s', $1, 't', 'f', $2, $3)`,
      [id, results.includes('run') ? 'accepted' : 'unmatched', results],
    );
  await insert(instantText(day(2)), '[{"workflow":"partly","kind":"started","run":"018f0000-0000-7000-8000-000000000000"}]');
  await insert(instantText(day(3)), '[{"workflow":"partly","kind":"unmatched","reason":"skipped"}]');
  const first = await backfill('partly', { to: day(5), parallel: 10 });
  await hasStarted('partly', 4);
  expect(await untilDone('partly', first.id, 10)).toMatchObject({ total: 5, started: 4, existing: 1 });
  const again = await backfill('partly', { to: day(5) });
  expect(await untilDone('partly', again.id, 3)).toMatchObject({ total: 5, started: 0, existing: 5 });
  const anew = await backfill('partly', { to: day(2), parallel: 10, rerun: true });
  await hasStarted('partly', 6);
  expect(await untilDone('partly', anew.id, 10)).toMatchObject({ started: 2, existing: 0 });
});

test('two backfills of one range share its instants', async () => {
  await triggers.register('shared', DAILY);
  const [one, two] = await Promise.all([backfill('shared', { parallel: 10 }), backfill('shared', { parallel: 10 })]);
  await hasStarted('shared', 10);
  const done = [await untilDone('shared', one.id, 20), await untilDone('shared', two.id, 20)];
  expect(done.reduce((sum, { started }) => sum + started, 0)).toBe(10);
  expect(done.reduce((sum, { existing }) => sum + existing, 0)).toBe(10);
  expect((await triggers.runs('shared')).length).toBe(10);
});

test('it goes on where it was when the trigger that worked on it is gone', async () => {
  const gone = await triggers.start();
  await triggers.register('lasting', DAILY);
  const { id } = await gone.schedules.operate.backfill(named('lasting'), { ...ORDER, parallel: 2 });
  await hasStarted('lasting', 2);
  await triggers.stop(gone);
  expect(await untilDone('lasting', id, 2)).toMatchObject({ started: 10 });
});

test('conditions and schemas decide here too, and what comes of it is counted', async () => {
  await triggers.register('choosy', `${DAILY}, if: "!schedule.time.endsWith('02T00:00:00Z')"`);
  const { id } = await backfill('choosy', { to: day(3), parallel: 5 });
  expect(await untilDone('choosy', id, 5)).toMatchObject({ started: 2, unmatched: 1, rejected: 0 });
  await triggers.register('nulls', `${DAILY}, key: "\${{ 'a\\\\u0000' + schedule.time }}"`);
  const refused = await backfill('nulls', { to: day(3) });
  expect(await untilDone('nulls', refused.id, 0)).toMatchObject({ started: 0, rejected: 3, left: 0 });
});

test('a rate holds starts apart', async () => {
  await triggers.register('slowly', DAILY);
  const { id } = await backfill('slowly', { parallel: 10, everyMs: 3_600_000 });
  await hasStarted('slowly', 1);
  await triggers.db.query(`update reprise.backfill set next_start_at = now() - interval '1 hour' where id = $1`, [id]);
  await hasStarted('slowly', 2);
  const [row] = await triggers.db.query(
    `select next_start_at > now() + interval '50 minutes' as later from reprise.backfill where id = $1`,
    [id],
  );
  expect(row).toEqual({ later: true });
});

test('one that is cancelled, or whose schedule goes, starts nothing more; its runs go on', async () => {
  await triggers.register('stopped', DAILY);
  const { id } = await backfill('stopped', { parallel: 1 });
  await hasStarted('stopped', 1);
  expect(await desk.schedules.operate.cancelBackfill(named('stopped'), id)).toMatchObject({
    state: 'cancelled',
    started: 1,
    openRuns: 1,
  });
  await expect(desk.schedules.operate.cancelBackfill(named('stopped'), id)).rejects.toMatchObject({ status: 409 });
  const other = await backfill('stopped', { from: day(20), to: day(30), parallel: 1 });
  await hasStarted('stopped', 2);
  await triggers.registerText('workflow: stopped\ntasks: { a: { call: x } }');
  expect(await progress('stopped', other.id)).toMatchObject({ state: 'cancelled', openRuns: 1 });
});

test('what cannot be made up for is refused', async () => {
  await triggers.register('refusing', DAILY);
  await expect(backfill('refusing', { to: Date.now() + DAY_MS })).rejects.toMatchObject({ status: 422, code: 'invalid_body' });
  await expect(backfill('nothing')).rejects.toMatchObject({ status: 404 });
  await triggers.register('endless', 'every: 1s');
  await expect(backfill('endless')).rejects.toMatchObject({ status: 422, code: 'too_many_instants' });
  expect(await backfill('refusing', { dryRun: true })).toMatchObject({ total: 10, left: 10, started: 0 });
  expect((await desk.schedules.operate.listBackfills(named('refusing'), { cursor: null, limit: 50 })).items).toEqual([]);
  expect(await backfill('refusing', { from: day(1) + 1, to: day(2) - 1 })).toMatchObject({ state: 'done', total: 0 });
});
