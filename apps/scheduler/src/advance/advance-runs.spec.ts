import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { claimId, fence, type RunId, runId, versionId } from '@reprise/core';
import { CommandStore } from '@reprise/ledger';
import { systemClock } from '@reprise/service';
import { registerWorkflow } from '@reprise/testing';
import { exchangesOf, reported, SchedulerUnderTest, succeeded, ticketsOf } from '../../test/scheduler-under-test.js';

const CHAIN =
  'workflow: chain\ntasks: [{ id: a, call: shop.a }, { id: b, call: shop.b, with: "${{ tasks.a.output }}" }]\noutput: "${{ tasks.b.output }}"';
let scheduler: SchedulerUnderTest;

beforeAll(async () => {
  scheduler = await SchedulerUnderTest.create();
});
afterAll(() => scheduler.end());

describe('an outcome', () => {
  test('advances its run to the next task and at last to its end, in the ledger and in what is told', async () => {
    const { run, tickets } = await scheduler.start(CHAIN);
    const first = await scheduler.advance([reported(await scheduler.claimOne(tickets), succeeded({ n: 1 }))]);
    const [next] = ticketsOf(first);
    expect(next).toMatchObject({ run, call: 'shop.b', attempt: 1 });
    const working = await scheduler.claimOne(ticketsOf(first));
    expect(working.claimed.input).toBe('{"n":1}');
    const last = await scheduler.advance([reported(working, succeeded('done'))]);
    expect(await scheduler.run(run)).toMatchObject({ status: 'succeeded', output: '"done"' });
    expect(exchangesOf(last)).toEqual([scheduler.topology.lifecycle]);
  });

  test('of a fence or a claim that is not the current one changes nothing, and is counted', async () => {
    const { run, tickets } = await scheduler.start(CHAIN);
    const working = await scheduler.claimOne(tickets);
    const good = reported(working, succeeded());
    const stale = [
      { ...good, fence: fence(working.claimed.fence - 1) },
      { ...good, fence: fence(working.claimed.fence + 1) },
      { ...good, claim: claimId(systemClock.uuid()) },
      { ...good, at: '3' },
      { ...good, node: 1 },
      { ...good, node: 99 },
    ] as (typeof good)[];
    const before = await scheduler.image(run);
    const [advanced] = await scheduler.advance(stale);
    expect(await scheduler.image(run)).toEqual(before);
    expect(advanced).toMatchObject({ outgoing: [], staleOutcomes: stale.map(() => ({ redelivered: false })) });
    await scheduler.advance([good]);
    const after = await scheduler.image(run);
    expect(after).not.toEqual(before);
    const [again] = await scheduler.advance([good, good]);
    expect(again).toMatchObject({ outgoing: [], staleOutcomes: [{ redelivered: false }, { redelivered: false }] });
    expect(await scheduler.image(run)).toEqual(after);
  });

  test('that comes again after it was acted on has what follows told again: its first receiver may have died before', async () => {
    const { tickets } = await scheduler.start(CHAIN);
    const item = reported(await scheduler.claimOne(tickets), succeeded());
    const first = ticketsOf(await scheduler.advance([item]));
    expect(ticketsOf(await scheduler.advance([item]))).toEqual([]);
    expect(ticketsOf(await scheduler.advance([item], true))).toEqual(first);
    await scheduler.claimOne(first);
    expect(ticketsOf(await scheduler.advance([item], true))).toEqual([]);
  });

  test('that is in the row counts, whatever is reported: it was committed with the effect', async () => {
    const { run, tickets } = await scheduler.start(
      'workflow: one\ntasks: { a: { call: shop.a } }\noutput: "${{ tasks.a.output }}"',
    );
    const working = await scheduler.claimOne(tickets);
    await scheduler.db.query('update reprise.task set recorded = $2 where run_id = $1', [
      run,
      JSON.stringify(succeeded('charged')),
    ]);
    const error = { code: 'TIMEOUT', message: 'too late', details: { kind: 'attempt' } };
    await scheduler.advance([reported(working, { kind: 'failed', error, retryable: null, retryAfterMs: null })]);
    expect(await scheduler.run(run)).toMatchObject({ status: 'succeeded', output: '"charged"' });
  });

  test('is decided by the version its run has, whatever version a message says', async () => {
    const { run, tickets } = await scheduler.start(CHAIN);
    const working = await scheduler.claimOne(tickets);
    const other = await registerWorkflow(scheduler.db.database, 'workflow: other\ntasks: { only: { transform: 1 } }');
    const next = ticketsOf(await scheduler.advance([{ ...reported(working, succeeded(1)), version: other.version }]));
    expect(next).toMatchObject([{ run, call: 'shop.b', version: tickets[0]?.version }]);
    const unknown = { ...reported(await scheduler.claimOne(next), succeeded(2)), version: versionId(systemClock.uuidv7()) };
    await scheduler.advance([unknown]);
    expect(await scheduler.run(run)).toMatchObject({ status: 'succeeded', output: '2' });
  });

  test('for a run that is gone, or of a version that is gone, is dropped; the others of its batch count', async () => {
    const { run, tickets } = await scheduler.start(CHAIN);
    const orphan = await scheduler.start('workflow: orphan\ntasks: { a: { call: shop.a } }');
    const orphaned = reported(await scheduler.claimOne(orphan.tickets), succeeded());
    await scheduler.db.query('update reprise.run set workflow_id = $2 where id = $1', [orphan.run, systemClock.uuidv7()]);
    const good = reported(await scheduler.claimOne(tickets), succeeded());
    const gone = { ...good, run: runId(systemClock.uuidv7()) };
    const advanced = await scheduler.advance([gone, orphaned, good]);
    expect(advanced.map((each) => each.run.id)).toEqual([run]);
    expect(ticketsOf(advanced).length).toBe(1);
  });

  test('of many runs in any order is decided in one batch', async () => {
    const started = await Promise.all(Array.from({ length: 20 }, () => scheduler.start(CHAIN)));
    const working = await scheduler.claim(started.flatMap(({ tickets }) => tickets));
    const items = working.map((each) => reported(each, succeeded())).reverse();
    const both = await Promise.all([scheduler.advance(items.slice(0, 15)), scheduler.advance(items.slice(5))]);
    expect(new Set(both.flatMap(ticketsOf).map(({ run }) => run)).size).toBe(20);
    expect(both.flatMap(ticketsOf).length).toBe(20);
  });
});

describe('a command', () => {
  const commands = (run: RunId) =>
    scheduler.db.query<{ kind: string; result: string | null }>(
      'select kind, result from reprise.command where run_id = $1 order by created_at, id',
      [run],
    );
  const ask = (run: RunId, reason: string) =>
    new CommandStore(scheduler.db.database).insert({
      id: systemClock.uuidv7(),
      run,
      kind: 'cancel',
      payload: { reason },
      askedBy: 'ann',
    });

  test('is applied once, by whoever looks first, and its row says what came of it', async () => {
    const { run, tickets } = await scheduler.start('workflow: one\ntasks: { a: { call: shop.a } }');
    const look = { kind: 'look', run, version: tickets[0]?.version ?? versionId(run) } as const;
    await ask(run, 'enough');
    await Promise.all([scheduler.advance([look]), scheduler.advance([look, look])]);
    expect(await scheduler.run(run)).toMatchObject({ status: 'cancelled', error: expect.stringContaining('enough') });
    await ask(run, 'again');
    const before = await scheduler.image(run);
    await scheduler.advance([look]);
    expect(await commands(run)).toEqual([
      { kind: 'cancel', result: 'applied' },
      { kind: 'cancel', result: 'stale' },
    ]);
    // Nothing but the time of the next look at an end that is not yet told.
    expect(await scheduler.run(run)).toMatchObject({ status: 'cancelled' });
    expect(before).toMatchObject({ row: { status: 'cancelled' } });
  });

  test('waits while nobody looks, and stays open when this build does not know it', async () => {
    const { run, tickets } = await scheduler.start(CHAIN);
    await ask(run, 'later');
    await scheduler.db.query(`insert into reprise.command (id, run_id, kind, payload) values ($1, $2, 'teleport', '{}')`, [
      systemClock.uuidv7(),
      run,
    ]);
    await scheduler.advance([reported(await scheduler.claimOne(tickets), succeeded())]);
    expect((await commands(run)).map(({ result }) => result)).toEqual([null, null]);
    await scheduler.advance([{ kind: 'look', run, version: tickets[0]?.version ?? versionId(run) }]);
    expect(await commands(run)).toEqual([
      { kind: 'cancel', result: 'applied' },
      { kind: 'teleport', result: null },
    ]);
    expect(await scheduler.run(run)).toMatchObject({ status: 'cancelled' });
  });
});

describe('abort', () => {
  test('fails a run that the engine cannot carry on, and asks what runs to stop', async () => {
    const { run, tickets } = await scheduler.start(CHAIN);
    const working = await scheduler.claimOne(tickets);
    const advanced = await scheduler.runs.abort(run, 'row 7 is bad');
    expect(exchangesOf(advanced)).toContain(scheduler.topology.control);
    await scheduler.advance([reported(working, { kind: 'cancelled' })]);
    const ended = await scheduler.run(run);
    expect(ended.status).toBe('failed');
    expect(JSON.parse(ended.error ?? '')).toMatchObject({ code: 'INTERNAL', message: 'row 7 is bad' });
  });

  test('of a run that is gone does nothing', async () => {
    expect(await scheduler.runs.abort(runId(systemClock.uuidv7()), 'x')).toEqual([]);
  });
});
