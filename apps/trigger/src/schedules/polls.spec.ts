import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { FiringView } from '@reprise/contracts';
import { WorkflowStore } from '@reprise/ledger';
import { eventually, registerWorkflow } from '@reprise/testing';
import { SELDOM, TriggerPipelines } from '../../test/trigger-pipelines.js';
import type { TriggerPipeline } from '../pipeline/trigger-pipeline.js';

let triggers: TriggerPipelines;
let one: TriggerPipeline;
beforeAll(async () => {
  triggers = await TriggerPipelines.create(2);
  one = await triggers.start();
});
afterAll(() => triggers.end());

/** One workflow with one poll `p`; fields as in a document. */
const register = (workflow: string, fields: string, input = '') =>
  triggers.registerText(
    `workflow: ${workflow}\n${input}on: [{ poll: { id: p, call: look, ${fields} } }]\ntasks: { a: { call: shop.pay } }`,
  );
const probesOf = (workflow: string) => triggers.runs(`${workflow}.poll.p`);
const shown = (workflow: string) => one.schedules.operate.get({ workflow, schedule: 'p' });
const lastOf = async (workflow: string): Promise<readonly FiringView[]> => (await shown(workflow)).last;
const nothingLeft = () =>
  eventually(async () => expect(await triggers.db.query('select 1 from reprise.completion')).toEqual([]), {
    what: 'all ends are acted on',
  });

/** Fires a probe by hand, and ends it as nobody does here. */
async function probe(
  workflow: string,
  output: unknown,
  error: { readonly code: string; readonly message: string } | null = null,
) {
  const answer = await one.schedules.operate.trigger({ workflow, schedule: 'p' }, 'ann', null);
  expect(answer).toMatchObject({ kind: 'event', outcome: 'accepted' });
  expect(await triggers.endProbes(`${workflow}.poll.p`, output, error)).toBe(1);
  await nothingLeft();
}

describe('with three triggers', () => {
  test('every instant has one probe, none before the last has ended, and every probe that meets the condition one run', async () => {
    await register('stock', 'every: 1s, if: output.left < 5');
    let ended = 0;
    await eventually(
      async () => {
        const open = (await probesOf('stock')).length - ended;
        expect(open).toBeLessThanOrEqual(1);
        if (open > 0) await triggers.endProbes('stock.poll.p', { left: ended });
        ended += open;
        return ended >= 8;
      },
      { what: 'eight probes' },
    );
    await one.schedules.operate.pause({ workflow: 'stock', schedule: 'p' }, 'ann', null);
    await triggers.endProbes('stock.poll.p', { left: 100 });
    await nothingLeft();
    const probes = await probesOf('stock');
    expect(new Set(probes.map(({ scheduledFor }) => scheduledFor)).size).toBe(probes.length);
    expect(probes.map(({ trigger, input, scheduledFor }) => ({ trigger, input, scheduledFor }))).toEqual(
      probes.map(({ scheduledFor }, index) => ({
        trigger: 'probe',
        input: { time: scheduledFor, previous: probes[index - 1]?.scheduledFor ?? null },
        scheduledFor,
      })),
    );
    const met = probes.slice(0, 5);
    expect((await triggers.runs('stock')).map(({ trigger, input, scheduledFor }) => ({ trigger, input, scheduledFor }))).toEqual(
      met.map(({ scheduledFor }, left) => ({ trigger: 'poll', input: { left }, scheduledFor })),
    );
    const last = await lastOf('stock');
    expect(last.map(({ probe: run }) => run)).toEqual(probes.map(({ id }) => id).reverse());
    expect(last.at(-6)).toMatchObject({ outcome: 'unmatched', run: null, reason: 'if: output.left < 5 is false' });
    expect(last.at(-1)).toMatchObject({ outcome: 'accepted', reason: null, run: (await triggers.runs('stock'))[0]?.id });
  });

  test('a probe that takes long is waited for; what passes meanwhile is counted, and not kept one by one', async () => {
    await register('slow', 'every: 1s, if: true');
    await eventually(async () => expect((await triggers.row('slow'))['skipped']).toBeGreaterThanOrEqual(2), {
      what: 'two instants are skipped',
    });
    await one.schedules.operate.pause({ workflow: 'slow', schedule: 'p' }, 'ann', null);
    const [open, ...more] = await probesOf('slow');
    expect([open?.trigger, more]).toEqual(['probe', []]);
    expect(await triggers.events('slow')).toEqual([{ id: open?.scheduledFor, outcome: 'accepted', reason: null }]);
    expect(await lastOf('slow')).toEqual([
      expect.objectContaining({ outcome: 'accepted', run: null, probe: open?.id, reason: 'the probe has not ended' }),
    ]);
    expect(await shown('slow')).toMatchObject({ kind: 'poll', call: 'look', every: '1s', overlap: 'skip', openRuns: 1 });
  });
});

describe('a probe that has ended', () => {
  test('starts one run for each business key, with the input that the poll makes of its output', async () => {
    await register(
      'keyed',
      `every: ${SELDOM}, if: output.id != null, key: output.id, input: { of: "\${{ output.id }}", at: "\${{ output.at }}" }`,
    );
    await probe('keyed', { id: 'a', at: 1 });
    await probe('keyed', { id: 'a', at: 1, more: true });
    await probe('keyed', { id: 'a', at: 2 });
    await probe('keyed', { id: 'b', at: 1 });
    expect((await triggers.runs('keyed')).map(({ input }) => input)).toEqual([
      { of: 'a', at: 1 },
      { of: 'b', at: 1 },
    ]);
    const [first, second] = await triggers.runs('keyed');
    expect((await lastOf('keyed')).map(({ outcome, run }) => [outcome, run])).toEqual([
      ['accepted', second?.id],
      ['conflict', null],
      ['accepted', first?.id],
      ['accepted', first?.id],
    ]);
  });

  test('gives the run its whole output if the poll makes no input of it, and none if that does not fit', async () => {
    await register('whole', `every: ${SELDOM}, if: true`, 'input: { type: object, required: [id] }\n');
    await probe('whole', { id: 1, other: [2] });
    await probe('whole', 'text');
    expect((await triggers.runs('whole')).map(({ input }) => input)).toEqual([{ id: 1, other: [2] }]);
    expect((await lastOf('whole'))[0]).toMatchObject({
      outcome: 'rejected',
      reason: expect.stringMatching(/^input: must be object/),
    });
  });

  test('in failure starts nothing, and says why', async () => {
    await register('failing', `every: ${SELDOM}, if: true`);
    await probe('failing', null, { code: 'http.503', message: 'not now' });
    expect(await triggers.runs('failing')).toEqual([]);
    expect(await lastOf('failing')).toEqual([
      expect.objectContaining({ outcome: 'unmatched', run: null, reason: 'the probe failed: http.503: not now' }),
    ]);
  });

  test('starts nothing if `if`, `key` or `input` fails on its output, and says why', async () => {
    await register('odd', `every: ${SELDOM}, if: output.ready, key: output.id, input: "\${{ output.list[3] }}"`);
    await probe('odd', {});
    await probe('odd', { ready: true, id: [] });
    await probe('odd', { ready: true, id: 1, list: [] });
    await probe('odd', { ready: false });
    expect(await triggers.runs('odd')).toEqual([]);
    const last = await lastOf('odd');
    expect(last.map(({ outcome }) => outcome)).toEqual(['unmatched', 'unmatched', 'unmatched', 'unmatched']);
    expect(last.map(({ reason }) => reason?.split(':')[0])).toEqual(['if', 'EXPRESSION', 'EXPRESSION', 'EXPRESSION']);
  });

  test('and asks for what the ledger refuses does not stop the others, and is kept with the reason', async () => {
    const bad = String.raw`"\u0000" + output.id`;
    await register('refused', `every: ${SELDOM}, if: true, key: '${bad}'`);
    await register('fine', `every: ${SELDOM}, if: true`);
    for (const workflow of ['refused', 'fine']) await one.schedules.operate.trigger({ workflow, schedule: 'p' }, 'ann', null);
    await triggers.db.query(
      `update reprise.run set status = 'succeeded', output = '{"id":"x"}', ended_at = now(), watch_at = null
       where workflow in ('refused.poll.p', 'fine.poll.p')`,
    );
    // Both in one page.
    await triggers.db.query(
      `insert into reprise.completion (run_id, status, workflow, ended_at)
       select id, status, workflow, ended_at from reprise.run where workflow in ('refused.poll.p', 'fine.poll.p')`,
    );
    await nothingLeft();
    expect(await triggers.runs('fine')).toHaveLength(1);
    expect(await triggers.runs('refused')).toEqual([]);
    expect((await lastOf('refused'))[0]).toMatchObject({
      outcome: 'rejected',
      reason: expect.stringMatching(/^the ledger refuses it: /),
    });
  });
});

describe('a workflow that is registered anew', () => {
  async function openProbe(workflow: string): Promise<void> {
    await one.schedules.operate.trigger({ workflow, schedule: 'p' }, 'ann', null);
    expect(await probesOf(workflow)).toHaveLength(1);
  }
  const end = async (workflow: string) => {
    await triggers.endProbes(`${workflow}.poll.p`, { left: 3 });
    await nothingLeft();
  };

  test('decides with what it says now on a probe that makes the same call', async () => {
    await register('again', `every: ${SELDOM}, if: output.left < 3`);
    await openProbe('again');
    await register('again', `every: 299d, if: output.left < 4`);
    await end('again');
    expect(await triggers.runs('again')).toHaveLength(1);
  });

  test('starts nothing on a probe that makes another call', async () => {
    await register('changed', `every: ${SELDOM}, if: output.left < 5`);
    await openProbe('changed');
    await register('changed', `every: ${SELDOM}, with: { shop: 2 }, if: output.left < 5`);
    await end('changed');
    expect(await triggers.runs('changed')).toEqual([]);
    expect((await lastOf('changed'))[0]).toMatchObject({ outcome: 'unmatched', reason: 'the poll makes another call by now' });
  });

  test('without the poll, or archived, starts nothing and probes no more', async () => {
    for (const workflow of ['gone', 'archived']) {
      await register(workflow, `every: ${SELDOM}, if: true`);
      await openProbe(workflow);
    }
    await triggers.registerText('workflow: gone\ntasks: { a: { call: shop.pay } }');
    await new WorkflowStore(triggers.db.database).archive('archived');
    for (const workflow of ['gone', 'archived']) {
      await end(workflow);
      expect(await triggers.runs(workflow)).toEqual([]);
      await expect(shown(workflow)).rejects.toMatchObject({ message: expect.stringMatching(/there is no schedule/) });
    }
  });

  test('has its probes as versions that no name points to', async () => {
    const document = `workflow: hidden\non: [{ poll: { every: ${SELDOM}, call: look, if: true } }]\ntasks: { a: { transform: 1 } }`;
    await registerWorkflow(triggers.db.database, document);
    await registerWorkflow(triggers.db.database, document);
    await registerWorkflow(triggers.db.database, document.replace('call: look', 'call: peek'));
    const rows = await triggers.db.query(
      `select w.number, n.name from reprise.workflow as w left join reprise.workflow_name as n on n.name = w.name
       where w.name = 'hidden.poll.poll' order by w.number`,
    );
    expect(rows).toEqual([
      { number: 1, name: null },
      { number: 2, name: null },
    ]);
  });
});

describe('as a schedule', () => {
  const name = { workflow: 'watched', schedule: 'p' };

  test('it is paused, resumed, previewed and fired, but not backfilled', async () => {
    const { operate } = one.schedules;
    await register('watched', `every: 1h, if: true`);
    expect(await operate.pause(name, 'ann', 'noise')).toMatchObject({ paused: { by: 'ann', reason: 'noise' } });
    expect(await operate.resume(name)).toMatchObject({ id: 'watched/p', paused: null });
    expect(await operate.preview(name, 2, Date.UTC(2026, 0, 1))).toEqual([
      { time: '2026-01-01T01:00:00Z', local: expect.stringMatching(/^2026-01-01T01:00:00/), firesAt: '2026-01-01T01:00:00.000Z' },
      expect.objectContaining({ time: '2026-01-01T02:00:00Z' }),
    ]);
    const first = await operate.trigger(name, 'ann', 'k');
    expect(await operate.trigger(name, 'ann', 'k')).toMatchObject({ kind: 'event', outcome: 'duplicate' });
    expect(first).toMatchObject({ outcome: 'accepted' });
    expect(await probesOf('watched')).toHaveLength(1);
    const order = { from: 0, to: 1, parallel: 1, everyMs: 0, rerun: false, by: 'ann', dryRun: false };
    await expect(operate.backfill(name, order)).rejects.toMatchObject({ message: expect.stringMatching(/watched\/p is a poll/) });
  });
});
