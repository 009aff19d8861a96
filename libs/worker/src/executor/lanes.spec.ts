import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { BrokerConnection, Publisher } from '@reprise/broker';
import { encodeAttempts, encodeHint } from '@reprise/contracts';
import { type Lane, laneKey, laneKeys } from '@reprise/core';
import { QueueStore } from '@reprise/ledger';
import { createServiceContext, Metrics, readSettings, silentLogger } from '@reprise/service';
import { eventually, type RegisteredWorkflow, registerWorkflow, startRuns, TestBroker, TestDatabase } from '@reprise/testing';
import { defineHandler } from '../handlers/define-handler.js';
import { type RunningExecutor, startEmbeddedExecutor } from '../start-embedded-executor.js';

const QUEUE = 'lanes';
const broker = new TestBroker();
let db: TestDatabase;
let connection: BrokerConnection;
let publisher: Publisher;
let registered: RegisteredWorkflow;
let executor: RunningExecutor | null = null;
/** Lanes in the order in which their attempts were executed. */
let executed: Lane[] = [];
let meanwhile: () => Promise<void> = async () => undefined;

const work = defineHandler('lanes.work', {}, async (input) => {
  executed.push((input as { readonly lane: Lane }).lane);
  await meanwhile();
  return null;
});

beforeAll(async () => {
  db = await TestDatabase.create();
  registered = await registerWorkflow(
    db.database,
    `workflow: lanes\ntasks: { a: { call: lanes.work, queue: ${QUEUE}, with: { lane: "\${{ input.lane }}" } } }`,
  );
  const topology = { prefix: broker.prefix, queueType: 'quorum', wheelLevels: 1 } as const;
  connection = new BrokerConnection({ url: broker.url, topology, logger: silentLogger });
  await connection.start();
  for (const key of laneKeys(QUEUE)) await connection.ensureTaskQueue(key);
  publisher = new Publisher(connection, { logger: silentLogger });
});
afterEach(async () => {
  await executor?.close();
  executor = null;
  executed = [];
  meanwhile = async () => undefined;
  await broker.take(...laneKeys(QUEUE).map((key) => broker.names.taskQueue(key)));
});
afterAll(async () => {
  await publisher.close();
  await connection.close();
  await broker.end([QUEUE]);
  await db.end();
});

/** Attempts that wait in a lane, as a scheduler leaves them there. */
async function waiting(lane: Lane, count: number): Promise<void> {
  const runs = await startRuns(
    db.database,
    registered,
    Array.from({ length: count }, () => ({ lane })),
  );
  const outcomes = await publisher.publish(
    runs.map(({ tickets }) => ({
      exchange: broker.names.attempts,
      routingKey: laneKey(QUEUE, lane),
      body: encodeAttempts(tickets),
    })),
  );
  expect(outcomes.filter(({ kind }) => kind !== 'confirmed')).toEqual([]);
}

async function start(concurrency: number): Promise<void> {
  const env = {
    DATABASE_URL: db.url,
    AMQP_URL: broker.url,
    REPRISE_PREFIX: broker.prefix,
    REPRISE_WHEEL_LEVELS: '1',
    REPRISE_DATABASE_POOL: '4',
  };
  const context = createServiceContext('executor', readSettings(env, 'executor'), {
    logger: silentLogger,
    metrics: new Metrics({ service: 'executor', nodeDefaults: false }),
  });
  executor = await startEmbeddedExecutor(context, { handlers: [work], queues: [QUEUE], concurrency });
}

const ready = async (lane: Lane): Promise<number> =>
  (await connection.queueDepth(broker.names.taskQueue(laneKey(QUEUE, lane)))) ?? 0;
const times = (lane: Lane, among: readonly Lane[] = executed): number => among.filter((each) => each === lane).length;

test('fresh work is begun among the next few, however long the storm of retries before it', async () => {
  await waiting('retry', 2_000);
  await start(4);
  await eventually(() => executed.length >= 100, { what: 'the storm to be under way' });
  // Handlers take until the fresh run has been fetched: how many of the storm pass while the broker brings it is the broker's to say.
  let goOn = (): void => undefined;
  const fetched = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  meanwhile = () => fetched;
  try {
    await waiting('normal', 1);
    await eventually(async () => (await ready('normal')) === 0, { what: 'the fresh run to be fetched' });
  } finally {
    goOn();
  }
  const stormed = executed.length;
  await eventually(() => executed.includes('normal'), { what: 'the fresh run to begin' });
  const passed = executed.indexOf('normal') - stormed;
  expect(passed).toBeLessThan(50);
  expect(executed.length).toBeLessThan(2_000);
});

test('with one slot high goes before low, and low is not starved by it', async () => {
  const most = 24;
  await Promise.all([waiting('high', most), waiting('low', most)]);
  // A handler takes as long as it takes until the next ticket of each lane waits for its slot.
  const isHeld = async (lane: Lane) => (await ready(lane)) <= Math.max(0, most - times(lane) - 1);
  meanwhile = async () => {
    if (times('high') < most)
      await eventually(async () => (await isHeld('high')) && (await isHeld('low')), { what: 'both lanes to wait for the slot' });
  };
  await start(1);
  await eventually(() => executed.length === 2 * most, { what: 'all to be done', timeoutMs: 80_000 });
  const untilLastHigh = executed.slice(0, executed.lastIndexOf('high') + 1);
  // Eight of high for one of low, and something for the first turns, when one lane may have been there before the other.
  expect(times('low', untilLastHigh)).toBeLessThanOrEqual(6);
  expect(times('low', untilLastHigh)).toBeGreaterThanOrEqual(2);
});

test('a pause is one of all lanes of a queue', async () => {
  const pauses = new QueueStore(db.database);
  await start(4);
  await pauses.pause(QUEUE, 'ann', null);
  const tell = () =>
    publisher.publish([{ exchange: broker.names.control, routingKey: '', body: encodeHint({ kind: 'queues' }) }]);
  await tell();
  const lanes: readonly Lane[] = ['high', 'normal', 'retry', 'low'];
  for (const lane of lanes) await waiting(lane, 3);
  // Not one is kept by the executor: all of them are with the broker again.
  for (const lane of lanes) await eventually(async () => (await ready(lane)) === 3, { what: `${lane} to be left alone` });
  expect(executed).toEqual([]);
  await pauses.resume(QUEUE, 'ann');
  await tell();
  await eventually(() => executed.length === 12, { what: 'all lanes to be read again' });
});
