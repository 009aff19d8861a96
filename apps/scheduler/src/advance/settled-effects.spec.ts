import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type EffectFinding, type JsonText, type RunId, toJsonText } from '@reprise/core';
import { CommandStore, type EffectIntent, EffectStore } from '@reprise/ledger';
import { systemClock } from '@reprise/service';
import { reported, SchedulerUnderTest, succeeded, ticketsOf, type Working } from '../../test/scheduler-under-test.js';

let scheduler: SchedulerUnderTest;
let effects: EffectStore;
beforeAll(async () => {
  scheduler = await SchedulerUnderTest.create();
  effects = new EffectStore(scheduler.db.database);
});
afterAll(() => scheduler.end());

const CHARGE: EffectIntent = {
  name: 'charge',
  key: 'k',
  fingerprint: null,
  policy: 'park',
  attempt: 1,
  again: false,
};
const HAPPENED: EffectFinding = { name: 'charge', happened: true, result: '{"id":7}' as JsonText };
const broken = { kind: 'failed', error: { code: 'NO', message: 'no' }, retryable: false, retryAfterMs: null } as const;

interface Verb {
  readonly kind: string;
  readonly payload?: Readonly<Record<string, unknown>>;
}

/** What people ask of a run, in one batch. */
async function ask({ ticket: { run, version } }: Working, ...verbs: readonly Verb[]) {
  const commands = new CommandStore(scheduler.db.database);
  for (const { kind, payload = {} } of verbs)
    await commands.insert({ id: systemClock.uuidv7(), run, kind, payload, askedBy: 'ann' });
  return ticketsOf(await scheduler.advance([{ kind: 'look', run, version }]));
}

async function taskOf(run: RunId) {
  const [row] = await scheduler.db.query<{ status: string; output: string | null }>(
    'select status, output from reprise.task where run_id = $1 and node = 0',
    [run],
  );
  return row;
}

/** Both tasks of a run; the first has begun to charge when the second fails, and is told to stop. */
async function stoppedWhileCharging(): Promise<Working> {
  const { tickets } = await scheduler.start('workflow: shop\ntasks: { pay: { call: pay }, pack: { call: pack } }');
  const [pay, pack] = (await scheduler.claim([...tickets].sort((a, b) => a.node - b.node))) as [Working, Working];
  await effects.begin(pay.claimed, CHARGE);
  await scheduler.advance([reported(pack, broken)]);
  await effects.end(pay.claimed, 'charge', { state: 'in_doubt', error: { code: 'CANCELLED', message: 'stopped' } });
  await scheduler.advance([reported(pay, { kind: 'cancelled' })]);
  expect(await taskOf(pay.ticket.run)).toMatchObject({ status: 'cancelled' });
  return pay;
}

/** The tasks of a run that was taken up again; the first asks the ledger what there is left to do. */
async function carryOn(tickets: Parameters<SchedulerUnderTest['claim']>[0]): Promise<unknown> {
  let charged: unknown = null;
  for (const working of await scheduler.claim(tickets)) {
    if (working.ticket.path === 'pay') charged = await effects.begin(working.claimed, { ...CHARGE, attempt: 2 });
    await scheduler.advance([reported(working, succeeded('done'))]);
  }
  return charged;
}

describe('an effect that somebody has settled after its task had ended', () => {
  const settle = ({ ticket: { node, at } }: Working): Verb => ({
    kind: 'settle',
    payload: { node, at, effects: [HAPPENED], reason: 'in their books' },
  });

  test.each([
    ['before the run is taken up again', 'apart'],
    ['in the very batch that takes the run up again', 'together'],
  ])('%s is answered, and its task succeeds', async (_, how) => {
    const pay = await stoppedWhileCharging();
    const again = { kind: 'retry-run' };
    if (how === 'apart') await ask(pay, settle(pay));
    const tickets = how === 'apart' ? await ask(pay, again) : await ask(pay, settle(pay), again);
    expect(await carryOn(tickets)).toEqual({ kind: 'committed', result: '{"id":7}' });
    expect(await taskOf(pay.ticket.run)).toEqual({ status: 'succeeded', output: '"done"' });
    expect(await scheduler.run(pay.ticket.run)).toMatchObject({ status: 'succeeded' });
  });

  test('as what a parked task had done, which then failed, is answered too', async () => {
    const { run, tickets } = await scheduler.start('workflow: parked\ntasks: { pay: { call: pay } }');
    const pay = await scheduler.claimOne(tickets);
    await effects.begin(pay.claimed, CHARGE);
    await scheduler.advance([reported(pay, broken)]);
    expect(await taskOf(run)).toMatchObject({ status: 'parked' });
    const { node, at } = pay.ticket;
    const payload = { node, at, outcome: 'failed', output: null, reason: 'stock is gone', effects: [HAPPENED] };
    await ask(pay, { kind: 'resolve', payload });
    expect(await taskOf(run)).toMatchObject({ status: 'failed' });
    expect(await carryOn(await ask(pay, { kind: 'retry-run' }))).toEqual({ kind: 'committed', result: '{"id":7}' });
    expect(await taskOf(run)).toEqual({ status: 'succeeded', output: toJsonText('done') });
  });
});
