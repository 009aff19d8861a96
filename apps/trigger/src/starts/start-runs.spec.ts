import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { BatchConsumer, BrokerConnection, Publisher, PublishOutgoing } from '@reprise/broker';
import { decodeAttempts, decodeInbox, type InboxItem, SHARDS } from '@reprise/contracts';
import { type Json, NO_ORIGIN, runId } from '@reprise/core';
import { DatabaseClock, WorkflowCache, WorkflowStore } from '@reprise/ledger';
import { armFaults, Metrics, readSettings, silentLogger, systemClock } from '@reprise/service';
import { eventually, registerWorkflow, TestBroker, TestDatabase } from '@reprise/testing';
import { ActiveWorkflows } from '../definitions/active-workflows.js';
import type { TriggerEvent } from '../events/trigger-event.js';
import { PlanChildren } from './plan-child.js';
import { PlanReruns } from './plan-rerun.js';
import { PlanStarts } from './plan-starts.js';
import type { StartAnswer, StartRequest, TriggeredRequest } from './start-request.js';
import { StartRuns } from './start-runs.js';

const broker = new TestBroker();
let db: TestDatabase;
let connection: BrokerConnection;
let publisher: Publisher;
let starts: StartRuns;
let active: ActiveWorkflows;
const metrics = new Metrics({ service: 'trigger', nodeDefaults: false });

beforeAll(async () => {
  db = await TestDatabase.create();
  const topology = { prefix: broker.prefix, queueType: 'quorum', wheelLevels: 1 } as const;
  connection = new BrokerConnection({ url: broker.url, topology, logger: silentLogger });
  await connection.start();
  await connection.ensureTaskQueue('default');
  publisher = new Publisher(connection, { logger: silentLogger });
  const store = new WorkflowStore(db.database);
  const databaseClock = new DatabaseClock(db.database, () => systemClock.monotonicMs());
  await databaseClock.sample();
  active = new ActiveWorkflows(store);
  const freshRunId = () => runId(systemClock.uuidv7());
  const planner = new PlanStarts(store, freshRunId, 1_048_576);
  const versions = new WorkflowCache(store);
  starts = new StartRuns({
    database: db.database,
    databaseClock,
    active,
    planner,
    children: new PlanChildren(db.database, versions, planner),
    reruns: new PlanReruns(versions, planner, freshRunId),
    publisher: new PublishOutgoing(publisher, connection.names, silentLogger),
    names: connection.names,
    clock: systemClock,
    settings: readSettings({ DATABASE_URL: db.url }, 'trigger'),
    metrics,
    logger: silentLogger,
    tracing: null,
  });
  for (const document of [
    'workflow: plain\ntasks: { a: { call: shop.pay } }',
    'workflow: strict\ninput: { type: object, required: [id], properties: { id: { type: string } } }\non: [{ event: strict.* }]\ntasks: { a: { call: shop.pay } }',
    'workflow: keyed\non: [{ event: keyed.*, key: "${{ event.data.key }}", if: "!has(event.data.skip)" }]\ntasks: { a: { call: shop.pay } }',
    'workflow: also\non: [{ event: "keyed.#" }]\ntasks: { a: { transform: 1 } }',
  ])
    await registerWorkflow(db.database, document);
});
afterAll(async () => {
  await publisher.close();
  await connection.close();
  await broker.end(['default']);
  await db.end();
});

let last = 0;
const newId = (): string => `id-${++last}`;
const event = (type: string, data: Json, fields: Partial<TriggerEvent> = {}, redelivered = false): StartRequest => ({
  kind: 'event',
  event: { source: 'shop', id: newId(), type, subject: null, time: null, data, extensions: {}, anonymous: false, ...fields },
  redelivered,
  via: 'amqp',
});
const start = (
  workflow: string,
  input: Json = {},
  fields: Partial<Extract<StartRequest, { kind: 'start' }>> = {},
): StartRequest => ({
  kind: 'start',
  workflow,
  version: null,
  input,
  labels: {},
  key: null,
  via: 'http',
  ...fields,
});

async function answers(...requests: readonly StartRequest[]): Promise<readonly StartAnswer[]> {
  const started = await starts.start(requests);
  await started.told;
  return started.answers;
}
async function answer(request: StartRequest): Promise<StartAnswer> {
  const [only] = await answers(request);
  if (only === undefined) throw new Error('no answer');
  return only;
}
const runsOf = (given: StartAnswer): readonly string[] => {
  if (given.kind === 'event') return given.results.flatMap((result) => ('run' in result ? [result.run] : []));
  return 'run' in given ? [given.run] : [];
};
const exists = async (runs: readonly string[]): Promise<number> =>
  (await db.query('select id from reprise.run where id = any($1::uuid[])', [runs])).length;
const outcomeInRow = async (id: string): Promise<unknown> =>
  (await db.query<{ outcome: string }>('select outcome from reprise.trigger_event where id = $1', [id]))[0]?.outcome;
const ticketsInQueue = async (): Promise<readonly string[]> =>
  (await broker.take(broker.names.taskQueue('default'))).flatMap((body) => {
    const decoded = decodeAttempts(body);
    return decoded.kind === 'ok' ? decoded.value.map(({ run }) => run) : [];
  });

describe('a start by name', () => {
  test('is a run with its first attempt in the ledger when it is answered, and a ticket in the queue when it is told', async () => {
    await ticketsInQueue();
    const given = await answer(start('plain', { a: 1 }, { labels: { team: 'x' } }));
    expect(given.kind).toBe('started');
    const [row] = await db.query(
      'select r.workflow, r.trigger, r.input::text, r.labels, t.status, t.attempt from reprise.run r join reprise.task t on t.run_id = r.id where r.id = any($1::uuid[])',
      [runsOf(given)],
    );
    expect(row).toEqual({
      workflow: 'plain',
      trigger: 'http',
      input: '{"a":1}',
      labels: { team: 'x' },
      status: 'ready',
      attempt: 1,
    });
    expect(await ticketsInQueue()).toEqual(runsOf(given));
  });

  test('of what does not exist, or breaks the schema, is refused; the others of its batch start', async () => {
    const given = await answers(
      start('plain'),
      start('nothing'),
      start('strict', { id: 5 }),
      start('plain', {}, { version: '9.9.9' }),
      start('strict', { id: 'x' }),
    );
    expect(given.map(({ kind }) => kind)).toEqual(['started', 'unknown', 'invalid', 'unknown', 'started']);
    expect(given[2]).toMatchObject({ problems: [{ path: 'id' }] });
  });

  test('under one key: the same again finds the run, other input, version or labels are a conflict', async () => {
    const [first] = runsOf(await answer(start('plain', { a: 1, b: 2 }, { key: 'k1' })));
    expect(await answer(start('plain', { b: 2, a: 1 }, { key: 'k1' }))).toEqual({
      kind: 'exists',
      run: first,
      status: 'running',
    });
    expect(await answer(start('plain', { a: 2 }, { key: 'k1' }))).toEqual({ kind: 'conflict', run: first });
    expect(await answer(start('plain', { a: 1, b: 2 }, { key: 'k1', labels: { x: 'y' } }))).toEqual({
      kind: 'conflict',
      run: first,
    });
    expect(await answer(start('strict', { id: 'x' }, { key: 'k1' }))).toMatchObject({ kind: 'started' });
  });

  test('under one key twice in a batch starts one run', async () => {
    const given = await answers(
      start('plain', { a: 1 }, { key: 'k2' }),
      start('plain', { a: 1 }, { key: 'k2' }),
      start('plain', { a: 2 }, { key: 'k2' }),
      start('plain', { a: 1 }),
      start('plain', { a: 1 }, { key: 'null' }),
    );
    expect(given.map(({ kind }) => kind)).toEqual(['started', 'exists', 'conflict', 'started', 'started']);
    expect(new Set(given.slice(0, 3).flatMap(runsOf)).size).toBe(1);
    expect(await exists(given.flatMap(runsOf))).toBe(3);
  });

  test('from many senders at the same time starts one run', async () => {
    const given = await Promise.all(Array.from({ length: 8 }, () => answer(start('plain', { a: 1 }, { key: 'race' }))));
    expect(given.filter(({ kind }) => kind === 'started').length).toBe(1);
    expect(new Set(given.flatMap(runsOf)).size).toBe(1);
  });
});

describe('an event', () => {
  test('starts what matches and says why what does not', async () => {
    const given = await answer(event('keyed.a', { key: 'e1', skip: true }));
    expect(given).toMatchObject({
      outcome: 'accepted',
      results: [
        { workflow: 'keyed', kind: 'unmatched', reason: expect.stringContaining('is false') },
        { workflow: 'also', kind: 'started' },
      ],
    });
    expect(await answer(event('nobody.cares', {}))).toMatchObject({ outcome: 'unmatched', results: [] });
    expect(await answer(event('strict.a', { id: 5 }))).toMatchObject({
      outcome: 'rejected',
      results: [{ kind: 'rejected', reason: expect.stringMatching(/^input\.id: /) }],
    });
  });

  test('of a (source, id) that was seen starts nothing; with another body it is a conflict', async () => {
    const first = event('keyed.a', { key: 'e2' }, { id: 'same' });
    const given = await answer(first);
    expect(await answer(first)).toEqual({ ...given, outcome: 'duplicate' });
    expect(await answer(event('keyed.a', { key: 'other' }, { id: 'same' }))).toMatchObject({ outcome: 'conflict' });
    expect(await answer(event('keyed.a', { key: 'e2b' }, { id: 'same', source: 'elsewhere' }))).toMatchObject({
      outcome: 'accepted',
    });
  });

  test('twice in one batch starts once; a third with another body is a conflict', async () => {
    const twice = event('keyed.a', { key: 'e3' }, { id: 'twice' });
    const given = await answers(twice, twice, event('keyed.a', { key: 'x' }, { id: 'twice' }));
    expect(given.map((each) => (each.kind === 'event' ? each.outcome : each.kind))).toEqual([
      'accepted',
      'duplicate',
      'conflict',
    ]);
    expect(given[1]).toMatchObject({ results: (given[0] as { results: unknown }).results });
    expect(await exists(runsOf(given[0] as StartAnswer))).toBe(2);
  });

  test('whose key has a run already names that run, and so does its twin in the batch', async () => {
    const owner = await answer(event('keyed.a', { key: 'e4' }));
    const again = event('keyed.a', { key: 'e4' }, { id: newId() });
    const given = await answers(again, again, event('keyed.a', { key: 'e4', more: 1 }));
    for (const each of given.slice(0, 2))
      expect(each).toMatchObject({ results: [{ workflow: 'keyed', kind: 'exists', run: runsOf(owner)[0] }, {}] });
    expect(given[2]).toMatchObject({ results: [{ workflow: 'keyed', kind: 'conflict' }, { kind: 'started' }] });
    expect(await exists(given.flatMap(runsOf))).toBe(new Set(given.flatMap(runsOf)).size);
    expect(await outcomeInRow((again as { event: TriggerEvent }).event.id)).toBe('accepted');
  });

  test('without an id is recognised only when the broker brings it again, by its type and body', async () => {
    const anonymous = (fresh: string, redelivered = false, type = 'keyed.b') =>
      event(
        type,
        { key: `anonymous-${fresh}` },
        { id: `body:abc-${type}:${fresh}`, anonymous: true, source: 'amqp/' },
        redelivered,
      );
    const first = await answer(anonymous('1'));
    expect(await answer(anonymous('2'))).toMatchObject({ outcome: 'accepted' });
    const before = await db.query('select count(*)::int as runs from reprise.run');
    const again = { ...anonymous('1', true) } as Extract<StartRequest, { kind: 'event' }>;
    const redelivered = { ...again, event: { ...again.event, id: 'body:abc-keyed.b:3', data: { key: 'anonymous-2' } } };
    expect(await answer(redelivered)).toMatchObject({ outcome: 'duplicate' });
    expect(await db.query('select count(*)::int as runs from reprise.run')).toEqual(before);
    expect(await answer(anonymous('4', true, 'keyed.c'))).toMatchObject({ outcome: 'accepted' });
    expect(runsOf(first).length).toBe(2);
  });

  test('that the broker brings again has its runs’ messages sent again: who took it first may have died before telling', async () => {
    const heard: InboxItem[] = [];
    const listeners = Array.from({ length: SHARDS }, (_, shard) => {
      const onBatch = async (deliveries: readonly { body: Buffer }[]): Promise<void> => {
        for (const { body } of deliveries) {
          const decoded = decodeInbox(body);
          if (decoded.kind === 'ok') heard.push(...decoded.value);
        }
      };
      return new BatchConsumer(connection, {
        queue: broker.names.inboxQueue(shard),
        prefetch: 10,
        maxBatch: 10,
        logger: silentLogger,
        onBatch,
      });
    });
    await Promise.all(listeners.map((listener) => listener.start()));
    try {
      const first = event('keyed.d', { key: 'e5' }, { id: 'lost' });
      const runs = runsOf(await answer(first));
      expect(await answer(first)).toMatchObject({ outcome: 'duplicate' });
      const about = () => heard.filter(({ run }) => runs.includes(run)).map(({ kind, run }) => `${kind} ${run}`);
      expect(about()).toEqual([]);
      await answer({ ...first, redelivered: true } as StartRequest);
      await eventually(() => about().length >= 2, { what: 'messages to recover both runs' });
      expect(about().sort()).toEqual(runs.map((run) => `recover ${run}`).sort());
    } finally {
      await Promise.all(listeners.map((listener) => listener.stop()));
    }
  });
});

describe('an event for certain triggers', () => {
  const triggered = async (id: string, source: string, more: Partial<TriggeredRequest> = {}): Promise<TriggeredRequest> => {
    const target = (await active.refresh()).get('keyed');
    if (target === undefined) throw new Error('no workflow keyed');
    const data = { key: id };
    return {
      kind: 'triggered',
      event: { source, id, type: 'clock.tick', subject: null, time: null, data, extensions: {}, anonymous: false },
      targets: [{ ...target, trigger: 0, variables: { event: { data } } }],
      redelivered: false,
      ...more,
    };
  };

  test('asks them and no others, whatever its type', async () => {
    const origin = { ...NO_ORIGIN, scheduledFor: 1_800_000_000_000 };
    const plain = await triggered('t1', 'clock');
    const given = await answer({ ...plain, targets: plain.targets.map((target) => ({ ...target, labels: { a: 'b' }, origin })) });
    expect(given).toMatchObject({ outcome: 'accepted', results: [{ workflow: 'keyed', kind: 'started' }] });
    const [row] = await db.query('select trigger, key, labels, origin::text from reprise.run where id = any($1::uuid[])', [
      runsOf(given),
    ]);
    expect(row).toEqual({ trigger: 'event', key: 't1', labels: { a: 'b' }, origin: JSON.stringify(origin) });
  });

  test('starts once, and is kept with what was decided about it already', async () => {
    const first = await answer(await triggered('t2', 'clock'));
    expect(await answer(await triggered('t2', 'clock'))).toMatchObject({
      outcome: 'duplicate',
      results: [{ run: runsOf(first)[0] }],
    });
    const results = [{ workflow: 'keyed', kind: 'unmatched', reason: 'not now' }] as const;
    const given = await answer(await triggered('t3', 'clock', { targets: [], results }));
    expect(given).toMatchObject({ outcome: 'unmatched', results });
    expect(await outcomeInRow('t3')).toBe('unmatched');
  });

  test('for a trigger that is not there fails alone', async () => {
    const plain = await triggered('t4', 'clock');
    const targets = plain.targets.map((target) => ({ ...target, trigger: 7 }));
    const reason = expect.stringContaining('keyed has no trigger 7');
    expect(await answer({ ...plain, targets })).toEqual({ kind: 'failed', reason });
  });
});

describe('what the ledger refuses', () => {
  test('fails alone: everything else of its batch starts, once, in its order', async () => {
    const bad = [event('keyed.z', { key: 'bad' }, { id: 'with\u0000nul' }), start('plain', {}, { key: 'with\u0000nul' })];
    const good = Array.from({ length: 9 }, (_, index) => start('plain', { index }, { key: `good-${index % 5}` }));
    const requests = [...good.slice(0, 3), bad[0], ...good.slice(3, 7), bad[1], ...good.slice(7)] as StartRequest[];
    const given = await answers(...requests);
    expect(given.map(({ kind }) => kind)).toEqual([
      ...[
        'started',
        'started',
        'started',
        'failed',
        'started',
        'started',
        'conflict',
        'conflict',
        'failed',
        'conflict',
        'conflict',
      ],
    ]);
    expect(given[3]).toMatchObject({ reason: expect.stringContaining('0x00') });
    expect(await exists(given.filter(({ kind }) => kind === 'started').flatMap(runsOf))).toBe(5);
    await ticketsInQueue();
  });

  test('says so to its sender alone', async () => {
    expect(await answer(start('plain', {}, { key: 'a\u0000' }))).toEqual({
      kind: 'failed',
      reason: expect.stringContaining('0x00'),
    });
  });
});

test('what is committed is not started a second time, whatever goes wrong afterwards', async () => {
  armFaults('trigger.after-commit:throw@1');
  try {
    await expect(starts.start([start('plain', { once: true }), start('plain', { once: true })])).rejects.toThrow(
      'injected fault',
    );
  } finally {
    armFaults(null);
  }
  expect((await db.query(`select id from reprise.run where input::text = '{"once":true}'`)).length).toBe(2);
});

test('an absent database is nobody’s fault: the batch is the caller’s to try again', async () => {
  const away = { transaction: () => Promise.reject(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })) };
  const broken = new StartRuns({ ...Reflect.get(starts, 'options'), database: away });
  await expect(broken.start([start('plain'), start('plain')])).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});
