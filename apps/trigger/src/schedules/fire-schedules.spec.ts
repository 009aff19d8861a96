import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { instantText } from '@reprise/core';
import { WorkflowStore } from '@reprise/ledger';
import { eventually } from '@reprise/testing';
import { SELDOM, seldom, TriggerPipelines } from '../../test/trigger-pipelines.js';

let triggers: TriggerPipelines;

beforeAll(async () => {
  triggers = await TriggerPipelines.create(2);
});
afterAll(() => triggers.end());

const scheduled = async (workflow: string): Promise<readonly (string | null)[]> =>
  (await triggers.runs(workflow)).map(({ scheduledFor }) => scheduledFor);
const fires = (workflow: string, count: number) =>
  eventually(async () => (await triggers.runs(workflow)).length === count, { what: `${count} runs of ${workflow}` });

describe('a schedule that is due', () => {
  test('gets one run, which knows the instant and the one before, and moves on', async () => {
    await triggers.register(
      'once',
      `every: ${SELDOM}, key: "\${{ schedule.time }}", input: { to: "\${{ schedule.time }}", from: "\${{ schedule.previous }}" }`,
    );
    await triggers.makeDue('once', seldom(0));
    await fires('once', 1);
    const time = instantText(seldom(0));
    expect(await triggers.runs('once')).toMatchObject([
      { trigger: 'schedule', scheduledFor: time, input: { to: time, from: null }, labels: {} },
    ]);
    expect(await triggers.row('once')).toEqual({ next: seldom(-1), previous: seldom(0), pending: [], missed: 0, skipped: 0 });
    await triggers.endRuns('once');
    await triggers.makeDue('once', seldom(1));
    await eventually(async () => (await triggers.row('once'))['missed'] === 1, { what: 'the older instant is missed' });
    expect(await triggers.events('once')).toEqual([{ id: time, outcome: 'accepted', reason: null }]);
  });

  test('fires once for each instant, second by second, with two triggers that look', async () => {
    await triggers.register('ticking', 'every: 1s, overlap: allow');
    await eventually(async () => (await triggers.runs('ticking')).length >= 3, { what: 'three runs' });
    await triggers.db.query('delete from reprise.schedule where workflow = $1', ['ticking']);
    const times = await scheduled('ticking');
    expect(new Set(times).size).toBe(times.length);
    const [events] = await triggers.db.query(
      `select count(*)::int as runs from reprise.trigger_event where source = 'schedule/ticking/s'`,
    );
    expect(events).toEqual({ runs: times.length });
    expect(await triggers.metrics.metricsText()).toMatch(/reprise_schedule_lateness_seconds_count\S* [1-9]/);
  });

  test('together with many others: each gets its run, and none a second one', async () => {
    const ids = Array.from({ length: 60 }, (_, index) => `s${index}`);
    const on = ids.map((id) => `  - schedule: { id: ${id}, every: ${SELDOM}, input: { id: ${id} } }`).join('\n');
    await triggers.registerText(`workflow: crowd\non:\n${on}\ntasks: { a: { call: shop.pay } }`);
    await triggers.makeDue('crowd', seldom(0));
    await fires('crowd', ids.length);
    const inputs = (await triggers.runs('crowd')).map(({ input }) => (input as { id: string }).id);
    expect([...inputs].sort()).toEqual([...ids].sort());
  });

  test('and whose condition is false gets none, and the reason is kept', async () => {
    await triggers.register('picky', `every: ${SELDOM}, if: schedule.previous != null`);
    await triggers.register('broken', `every: ${SELDOM}, if: schedule.previous > 5`);
    await triggers.register('strict', `every: ${SELDOM}, input: { a: 1 }`, 'input: { required: [b] }\ntasks: { a: { call: x } }');
    for (const workflow of ['picky', 'broken', 'strict']) await triggers.makeDue(workflow, seldom(0));
    const id = instantText(seldom(0));
    const outcome = (workflow: string) =>
      eventually(async () => (await triggers.events(workflow)).length === 1 && triggers.events(workflow), {
        what: `${workflow} is due`,
      });
    expect(await outcome('picky')).toEqual([{ id, outcome: 'unmatched', reason: 'if: schedule.previous != null is false' }]);
    expect(await outcome('broken')).toEqual([{ id, outcome: 'unmatched', reason: expect.stringMatching(/^EXPRESSION: /) }]);
    expect(await outcome('strict')).toEqual([{ id, outcome: 'rejected', reason: expect.stringMatching(/^input: /) }]);
    expect(await triggers.row('picky')).toMatchObject({ previous: seldom(0) });
  });

  test('and that the ledger refuses is kept with the reason, moves on, and keeps no other from firing', async () => {
    await triggers.register('nul', `every: ${SELDOM}, key: "\${{ 'a\\\\u0000' }}"`);
    await triggers.register('good', `every: ${SELDOM}`);
    await triggers.makeDue('nul', seldom(0));
    await triggers.makeDue('good', seldom(0));
    await fires('good', 1);
    const events = await eventually(async () => (await triggers.events('nul')).length === 1 && triggers.events('nul'), {
      what: 'the refusal',
    });
    expect(events).toMatchObject([{ outcome: 'unmatched', reason: expect.stringContaining('0x00') }]);
    expect(await triggers.row('nul')).toMatchObject({ next: seldom(-1) });
  });
});

describe('after a time when nobody looked', () => {
  test('the newest instant fires by default, all on demand, none on demand', async () => {
    await triggers.register('latest', `every: ${SELDOM}`);
    await triggers.register('everyone', `every: ${SELDOM}, catchUp: all, overlap: allow`);
    await triggers.register('nobody', `every: ${SELDOM}, catchUp: none`);
    for (const workflow of ['latest', 'everyone', 'nobody']) await triggers.makeDue(workflow, seldom(4));
    await fires('latest', 1);
    await fires('everyone', 5);
    await eventually(async () => (await triggers.row('nobody'))['missed'] === 5, { what: 'five missed instants' });
    expect(await scheduled('latest')).toEqual([instantText(seldom(0))]);
    expect([...(await scheduled('everyone'))].sort()).toEqual([4, 3, 2, 1, 0].map((back) => instantText(seldom(back))));
    expect(await triggers.row('latest')).toMatchObject({ missed: 4, previous: seldom(0) });
    expect(await triggers.row('everyone')).toMatchObject({ missed: 0, previous: seldom(0) });
    expect(await triggers.runs('nobody')).toEqual([]);
    expect(await triggers.metrics.metricsText()).toMatch(/reprise_schedule_missed_total\S* [1-9]/);
  });
});

describe('while the run of an earlier instant is open', () => {
  /** Two instants, the second of which comes while the run of the first is open. */
  async function fireTwo(workflow: string, fields: string): Promise<void> {
    await triggers.register(workflow, `every: ${SELDOM}, end: ${instantText(seldom(1))}, ${fields}`);
    await triggers.makeDue(workflow, seldom(1));
    await fires(workflow, 1);
    await triggers.register(workflow, `every: ${SELDOM}, ${fields}`);
    await triggers.makeDue(workflow, seldom(0));
  }

  test('skip: the instant gets no run, and the reason is kept', async () => {
    await fireTwo('skipping', 'overlap: skip');
    await eventually(async () => (await triggers.row('skipping'))['skipped'] === 1, { what: 'a skipped instant' });
    expect((await triggers.events('skipping')).at(-1)).toEqual({
      id: instantText(seldom(0)),
      outcome: 'unmatched',
      reason: 'overlap: skip, and the run of an earlier instant has not ended',
    });
    expect((await triggers.runs('skipping')).length).toBe(1);
  });

  test('queue: instants wait, and each begins when the run before has ended', async () => {
    await triggers.register(
      'queueing',
      `every: ${SELDOM}, catchUp: all, overlap: queue, input: { from: "\${{ schedule.previous }}" }`,
    );
    await triggers.makeDue('queueing', seldom(2));
    await fires('queueing', 1);
    expect(await triggers.row('queueing')).toMatchObject({ pending: [seldom(1), seldom(0)] });
    for (const count of [2, 3]) {
      await triggers.endRuns('queueing');
      await fires('queueing', count);
    }
    expect(await scheduled('queueing')).toEqual([2, 1, 0].map((back) => instantText(seldom(back))));
    expect((await triggers.runs('queueing')).map(({ input }) => input)).toEqual([
      { from: null },
      { from: instantText(seldom(2)) },
      { from: instantText(seldom(1)) },
    ]);
  });

  test('cancelRunning: it is asked to stop, and the instant begins when it has', async () => {
    await fireTwo('impatient', 'overlap: cancelRunning');
    const commands = () =>
      triggers.db.query(
        `select c.kind, c.payload from reprise.command as c join reprise.run as r on r.id = c.run_id where r.workflow = 'impatient'`,
      );
    await eventually(async () => (await commands()).length === 1, { what: 'a command to cancel' });
    expect(await commands()).toEqual([{ kind: 'cancel', payload: { reason: 'overlap: cancelRunning of schedule impatient/s' } }]);
    expect((await triggers.runs('impatient')).length).toBe(1);
    await triggers.endRuns('impatient');
    await fires('impatient', 2);
    expect((await commands()).length).toBe(1);
  });
});

test('a definition that changes begins anew, an unchanged one goes on, and what is gone does not fire', async () => {
  await triggers.register('changing', `every: ${SELDOM}, start: 2020-01-01T00:00:00Z`);
  await triggers.db.query(`update reprise.schedule set previous = now() where workflow = 'changing'`);
  const before = await triggers.row('changing');
  await triggers.register('changing', `every: ${SELDOM}, start: 2020-01-01T00:00:00Z, overlap: allow`);
  expect(await triggers.row('changing')).toEqual(before);
  await triggers.register('changing', `every: ${SELDOM}, start: 2020-01-02T00:00:00Z`);
  expect(await triggers.row('changing')).toEqual({ ...before, next: Number(before['next']) + 86_400_000 });
  await triggers.registerText('workflow: changing\ntasks: { a: { call: x } }');
  expect(await triggers.row('changing')).toEqual({});
  await triggers.register('changing', `every: ${SELDOM}`);
  expect(await triggers.row('changing')).toMatchObject({ next: seldom(-1), previous: null });
  await new WorkflowStore(triggers.db.database).archive('changing');
  expect(await triggers.row('changing')).toEqual({});
});
