import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { names, type Outgoing } from '@reprise/contracts';
import { type Json, type RunId, runId } from '@reprise/core';
import { DatabaseClock, WorkflowCache, WorkflowStore } from '@reprise/ledger';
import { Metrics, readSettings, silentLogger, systemClock } from '@reprise/service';
import { registerWorkflow, TestDatabase } from '@reprise/testing';
import { ActiveWorkflows } from '../definitions/active-workflows.js';
import type { TriggerEvent } from '../events/trigger-event.js';
import { PlanChildren } from './plan-child.js';
import { PlanReruns } from './plan-rerun.js';
import { PlanStarts } from './plan-starts.js';
import type { EventAnswer, StartRequest } from './start-request.js';
import { StartRuns } from './start-runs.js';

let db: TestDatabase;
let starts: StartRuns;
let told: Outgoing[] = [];

beforeAll(async () => {
  db = await TestDatabase.create();
  const store = new WorkflowStore(db.database);
  const databaseClock = new DatabaseClock(db.database, () => systemClock.monotonicMs());
  await databaseClock.sample();
  const freshRunId = () => runId(systemClock.uuidv7());
  const planner = new PlanStarts(store, freshRunId, 1_048_576);
  const versions = new WorkflowCache(store);
  starts = new StartRuns({
    database: db.database,
    databaseClock,
    active: new ActiveWorkflows(store),
    planner,
    children: new PlanChildren(db.database, versions, planner),
    reruns: new PlanReruns(versions, planner, freshRunId),
    publisher: {
      publish: async (outgoing: readonly Outgoing[]) => {
        told.push(...outgoing);
        return [];
      },
    },
    names: names('nowhere'),
    clock: systemClock,
    settings: readSettings({ DATABASE_URL: db.url }, 'trigger'),
    metrics: new Metrics({ service: 'trigger', nodeDefaults: false }),
    logger: silentLogger,
    tracing: null,
  });
  for (const document of [
    'workflow: payment\ntasks: { a: { waitFor: { event: order.paid, match: event.data.order, key: input.order } } }',
    'workflow: any\ntasks: { a: { waitFor: { event: market.# } } }',
    'workflow: both\non: [{ event: both.x }]\ntasks: { a: { waitFor: { event: both.* } } }',
    'workflow: hop\non: [{ event: hop.x }]\ntasks: { a: { transform: 1 } }',
  ])
    await registerWorkflow(db.database, document);
});
afterAll(() => db.end());

let last = 0;
const event = (type: string, data: Json, fields: Partial<TriggerEvent> = {}): StartRequest => ({
  kind: 'event',
  event: {
    source: 'shop',
    id: `id-${++last}`,
    type,
    subject: null,
    time: null,
    data,
    extensions: {},
    anonymous: false,
    ...fields,
  },
  redelivered: false,
  via: 'amqp',
});

async function send(...requests: readonly StartRequest[]): Promise<readonly EventAnswer[]> {
  told = [];
  const started = await starts.start(requests);
  await started.told;
  return started.answers.map((answer) => {
    if (answer.kind !== 'event') throw new Error(JSON.stringify(answer));
    return answer;
  });
}

async function start(workflow: string, input: Json): Promise<RunId> {
  const request: StartRequest = { kind: 'start', workflow, version: null, input, labels: {}, key: null, via: 'http' };
  const { answers } = await starts.start([request]);
  const [answer] = answers;
  if (answer?.kind !== 'started') throw new Error(JSON.stringify(answer));
  return answer.run;
}

const notices = async (run: RunId) =>
  Number((await db.query<{ n: number }>('select count(*)::int as n from reprise.notice where run_id = $1', [run]))[0]?.n);
const wakes = (run: RunId) => told.filter(({ exchange, body }) => exchange === 'nowhere.inbox' && body.includes(run));
const kept = async (id: string) => (await db.query('select 1 from reprise.kept_event where id = $1', [id])).length;

describe('an event', () => {
  test('leaves a notice with the waits it is for, tells them, and says whom it woke', async () => {
    const [mine, other] = [await start('payment', { order: 'o-1' }), await start('payment', { order: 'o-2' })];
    const [answer] = await send(event('order.paid', { order: 'o-1' }));
    expect(answer).toMatchObject({
      outcome: 'accepted',
      results: [{ workflow: 'payment', kind: 'woke', count: 1, runs: [mine] }],
    });
    expect([await notices(mine), await notices(other)]).toEqual([1, 0]);
    expect([wakes(mine).length, wakes(other).length]).toEqual([1, 0]);
    const [row] = await db.query<{ outcome: string; results: string }>(
      'select outcome, results from reprise.trigger_event where id = $1',
      [answer?.id],
    );
    expect(row?.outcome).toBe('accepted');
    expect(JSON.stringify(row?.results)).toContain('woke');
  });

  test('is kept, with its body, only when somebody may wait for it', async () => {
    const [paid, unknown, nameless] = await send(
      event('order.paid', { order: 'nobody' }),
      event('order.unknown', { order: 'o' }),
      event('order.paid', { order: { no: 'key' } }),
    );
    expect([await kept(paid?.id ?? ''), await kept(unknown?.id ?? ''), await kept(nameless?.id ?? '')]).toEqual([1, 0, 0]);
    expect(paid).toMatchObject({ outcome: 'unmatched' });
  });

  test('that comes again changes nothing but knocks again', async () => {
    const run = await start('payment', { order: 'again' });
    const first = event('order.paid', { order: 'again' });
    const [answer] = await send(first);
    await db.query('delete from reprise.notice');
    const [again] = await send(first);
    expect(again).toMatchObject({ id: answer?.id, outcome: 'duplicate', results: answer?.results });
    expect([await kept(answer?.id ?? ''), await notices(run), wakes(run).length]).toEqual([1, 1, 1]);
    if (first.kind !== 'event') throw new Error('no event');
    const [forged] = await send({ ...first, event: { ...first.event, data: { order: 'again', forged: true } } });
    expect(forged).toMatchObject({ outcome: 'conflict' });
    expect(wakes(run)).toEqual([]);
  });

  test('wakes all runs that wait for any of its type, and names some', async () => {
    const runs = [];
    for (let n = 0; n < 25; n += 1) runs.push(await start('any', {}));
    const [answer] = await send(event('market.opened.late', {}));
    expect(answer?.results).toMatchObject([{ workflow: 'any', kind: 'woke', count: 25 }]);
    expect(answer?.results[0]).toHaveProperty('runs.length', 20);
    expect(await Promise.all(runs.map(notices))).toEqual(runs.map(() => 1));
    expect(told.length).toBeLessThanOrEqual(8);
  });

  test('that starts a run is taken by it: its own wait looks for another', async () => {
    const [answer] = await send(event('both.x', {}));
    const [result] = answer?.results ?? [];
    if (result?.kind !== 'started') throw new Error(JSON.stringify(answer));
    expect(answer?.results).toHaveLength(1);
    const seen = await db.query('select node, taken from reprise.seen_event where run_id = $1', [result.run]);
    expect(seen).toEqual([{ node: -1, taken: true }]);
    expect(await notices(result.run)).toBe(0);
    const [second] = await send(event('both.y', {}));
    expect(second?.results).toMatchObject([{ kind: 'woke', runs: [result.run] }]);
  });

  test('and a wait in one batch find each other', async () => {
    const ids = systemClock.uuid();
    const request: StartRequest = {
      kind: 'start',
      workflow: 'payment',
      version: null,
      input: { order: ids },
      labels: {},
      key: null,
      via: 'http',
    };
    const { answers } = await starts.start([event('order.paid', { order: ids }), request]);
    const run = answers.flatMap((answer) => (answer.kind === 'started' ? [answer.run] : []))[0];
    if (run === undefined) throw new Error(JSON.stringify(answers));
    const subscription = await db.query('select since from reprise.subscription where run_id = $1', [run]);
    expect(subscription).toHaveLength(1);
    expect(await notices(run)).toBe(1);
  });
});

describe('the hops of an emitted event', () => {
  const hops = (reprisehop: string) => event('hop.x', {}, { extensions: { reprisehop } });
  const originOf = async (answer: EventAnswer | undefined) => {
    const [result] = answer?.results ?? [];
    if (result?.kind !== 'started') throw new Error(JSON.stringify(answer));
    return (
      await db.query<{ hops: number }>(`select (origin->>'hops')::int as hops from reprise.run where id = $1`, [result.run])
    )[0]?.hops;
  };

  test('are those of the runs it starts', async () => {
    const [some, most, none, odd] = await send(hops('3'), hops('16'), event('hop.x', {}), hops('many'));
    expect([await originOf(some), await originOf(most), await originOf(none), await originOf(odd)]).toEqual([3, 16, null, null]);
  });

  test('are limited: one too many starts and wakes nothing, and says why', async () => {
    const [answer] = await send(hops('17'));
    expect(answer).toMatchObject({
      outcome: 'rejected',
      results: [
        { workflow: '*', kind: 'rejected', reason: expect.stringContaining('17 emitted events led to this one, more than 16') },
      ],
    });
    const [awaited] = await send(event('market.opened', {}, { extensions: { reprisehop: '17' } }));
    expect([awaited?.outcome, await kept(awaited?.id ?? '')]).toEqual(['rejected', 0]);
  });
});
