import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { AttemptTicket } from '@reprise/contracts';
import { claimId, type Json, type Outcome, type RunId } from '@reprise/core';
import { ClaimStore, CommandStore, fingerprintOf, outcomeByKey, RunViews } from '@reprise/ledger';
import { systemClock } from '@reprise/service';
import { reported, SchedulerUnderTest, succeeded, ticketsOf } from '../../test/scheduler-under-test.js';

let scheduler: SchedulerUnderTest;
beforeAll(async () => {
  scheduler = await SchedulerUnderTest.create();
});
afterAll(() => scheduler.end());

const failed = (code: string): Outcome => ({
  kind: 'failed',
  error: { code, message: 'no' },
  retryable: false,
  retryAfterMs: null,
});

interface Played {
  readonly run: RunId;
  /** Paths of what a handler ran for. */
  readonly ran: readonly string[];
}

/** As an executor does it: what has a key is looked up first, and a handler runs only for what the ledger does not answer. */
async function play(document: string, input: Json, failing = 'ending'): Promise<Played> {
  const { run, tickets } = await scheduler.start(document, input);
  return { run, ran: await carryOn(tickets, failing) };
}

async function carryOn(tickets: readonly AttemptTicket[], failing: string, code?: string): Promise<readonly string[]> {
  const ran: string[] = [];
  for (let ready = [...tickets]; ready.length > 0; ) {
    const ticket = ready.shift()!;
    const { claimed, outcome, isOwn } = await answerTo(ticket, failing, code);
    if (isOwn) ran.push(ticket.path);
    ready.push(...ticketsOf(await scheduler.advance([reported({ ticket, claimed }, outcome)])));
  }
  return ran;
}

async function answerTo(ticket: AttemptTicket, failing: string, code = 'NO') {
  const outcome = ticket.path === failing ? failed(code) : succeeded({ receipt: ticket.run });
  if (ticket.keyed !== true) return { claimed: (await scheduler.claimOne([ticket])).claimed, outcome, isOwn: true };
  const claims = new ClaimStore(scheduler.db.database);
  const { claimed } = await claims.claimKeyed([ticket], claimId(systemClock.uuid()), 'e', 15_000, fingerprintOf, 'default');
  const [mine] = claimed;
  if (mine === undefined) throw new Error(`${ticket.path} was not claimed`);
  const { verdict } = mine;
  return {
    claimed: mine.claimed,
    isOwn: verdict.kind === 'owned',
    outcome: verdict.kind === 'owned' ? outcome : outcomeByKey(ticket.call, mine.claimed, verdict),
  };
}

const CHARGE = 'call: charge, idempotencyKey: "${{ input.key }}", compensate: { call: refund }';
const document = (name: string, ...tasks: readonly string[]) =>
  `workflow: ${name}\ntasks:\n${tasks.map((task) => `  - ${task}\n`).join('')}`;

const keysOf = (key: string) =>
  scheduler.db.query<{ name: string; run_id: string; state: string }>(
    `select name, run_id, state from reprise.idempotency where scope = 'call' and key = $1`,
    [key],
  );
const tasksOf = async (run: RunId) =>
  new Map((await new RunViews(scheduler.db.database).find(run))?.tasks.map((task) => [task.path, task]));

describe('a run whose task is answered by the success of another', () => {
  const succeeding = document('charges', `{ id: charge, ${CHARGE} }`);
  const failing = document('fails', `{ id: charge, ${CHARGE} }`, '{ id: ending, call: ship }');

  test('does not undo what that run did: its key still answers, and still means something', async () => {
    const first = await play(succeeding, { key: 'k1' });
    const second = await play(failing, { key: 'k1' });
    expect([first.ran, second.ran]).toEqual([['charge'], ['ending']]);
    expect(await scheduler.run(second.run)).toMatchObject({ status: 'failed' });
    expect(await keysOf('k1')).toEqual([{ name: 'charge', run_id: first.run, state: 'succeeded' }]);
    const third = await play(succeeding, { key: 'k1' });
    expect(third.ran).toEqual([]);
    const whyText = `answered from the ledger: run ${first.run} did it`;
    expect((await tasksOf(second.run)).get('charge')).toMatchObject({
      status: 'succeeded',
      output: { receipt: first.run },
      why: { reason: 'answered', run: first.run },
      whyText,
    });
    const told = await new RunViews(scheduler.db.database).history(second.run, { cursor: null, limit: 50 });
    const facts = told.kind === 'page' ? told.page.items.filter(({ task }) => task === 'charge') : [];
    expect(facts.find(({ kind }) => kind === 'task.succeeded')).toMatchObject({ whyText });
  });

  test('leaves it to be undone by the run that did it, and then the key is free', async () => {
    const first = await play(failing, { key: 'k2' });
    expect(first.ran).toEqual(['charge', 'ending', 'charge:compensate']);
    expect(await keysOf('k2')).toEqual([]);
    expect((await play(succeeding, { key: 'k2' })).ran).toEqual(['charge']);
  });
});

describe('a task that is answered by another of its own run', () => {
  test('is undone where the other cannot be: the run has done it, and its key is free', async () => {
    const { ran } = await play(
      document(
        'own',
        '{ id: plain, call: charge, idempotencyKey: "${{ input.key }}" }',
        `{ id: charge, ${CHARGE} }`,
        '{ id: ending, call: ship }',
      ),
      { key: 'k3' },
    );
    expect(ran).toEqual(['plain', 'ending', 'charge:compensate']);
    expect(await keysOf('k3')).toEqual([]);
  });

  test('keeps the key while the other is not undone, though a group around it is', async () => {
    const { run, ran } = await play(
      document(
        'group',
        `{ id: charge, ${CHARGE} }`,
        '{ id: trip, tasks: [{ id: again, call: charge, idempotencyKey: "${{ input.key }}" }], compensate: { call: cancel } }',
        '{ id: ending, fail: { code: NO } }',
      ),
      { key: 'k5' },
      'charge:compensate',
    );
    expect(ran).toEqual(['charge', 'trip:compensate', 'charge:compensate']);
    expect((await tasksOf(run)).get('charge:compensate')?.status).toBe('parked');
    expect(await keysOf('k5')).toMatchObject([{ run_id: run, state: 'succeeded' }]);
  });

  test('is undone with it, once: an earlier try of its group', async () => {
    const group = `{ id: trip, retry: { maximumAttempts: 2, initialInterval: 0s }, tasks: [{ id: charge, ${CHARGE} }, { id: ending, call: ship }] }`;
    const { run, tickets } = await scheduler.start(document('tries', group), { key: 'k4' });
    const ran: string[] = [];
    for (let ready = [...tickets]; ready.length > 0; ) {
      const ticket = ready.shift()!;
      const { claimed, outcome } = await answerTo(ticket, ticket.path.endsWith('.ending') ? ticket.path : '');
      if (outcome.kind !== 'succeeded' || outcome.fromLedger !== true) ran.push(ticket.path);
      ready.push(...ticketsOf(await scheduler.advance([reported({ ticket, claimed }, outcome)])));
    }
    expect(ran.filter((path) => path.endsWith(':compensate'))).toEqual(['trip[1].charge:compensate']);
    expect(await keysOf('k4')).toEqual([]);
    expect(await scheduler.run(run)).toMatchObject({ status: 'failed' });
  });
});

test('a task of `onFailure` that a run begins anew is answered by its own earlier success, and another input is a conflict', async () => {
  const told = `${document('tells', '{ id: ending, call: ship }')}onFailure:
  - { id: tell, call: mail, with: { code: "\${{ run.error.code }}" }, idempotencyKey: "\${{ run.id }}" }
`;
  const { run, tickets } = await scheduler.start(told);
  const version = tickets[0]!.version;
  const again = async (code: string) => {
    const commands = new CommandStore(scheduler.db.database);
    await commands.insert({ id: systemClock.uuidv7(), run, kind: 'retry-run', payload: {}, askedBy: 'ann' });
    return carryOn(ticketsOf(await scheduler.advance([{ kind: 'look', run, version }])), 'ending', code);
  };
  const tell = async () => (await tasksOf(run)).get('onFailure.tell');
  expect(await carryOn(tickets, 'ending')).toEqual(['ending', 'onFailure.tell']);
  expect(await again('NO')).toEqual(['ending']);
  expect(await tell()).toMatchObject({ status: 'succeeded', output: { receipt: run } });
  expect(await again('OTHER')).toEqual(['ending']);
  expect(await tell()).toMatchObject({ status: 'failed', error: { code: 'IDEMPOTENCY_CONFLICT' } });
});
