import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type BrokerReached, examine, names } from '@reprise/contracts';
import { AMQP_URL, BrokerUnderTest } from '../test/broker-under-test.js';
import { examineBroker } from './index.js';

let broker: BrokerUnderTest;
beforeEach(() => {
  broker = new BrokerUnderTest();
});
afterEach(() => broker.end());

async function look(url = AMQP_URL, managementUrl: string | null = null) {
  const options = { url, managementUrl, topology: broker.topology, longestAttemptMs: {} };
  const { facts, skipped } = await examineBroker(options);
  const report = examine({ at: 0, version: '1', facts: { broker: facts, database: null, services: null }, skipped });
  return { facts: facts as BrokerReached, report, found: report.findings.map(({ rule, about }) => [rule, about]) };
}

const called = (name: string): string => `${broker.topology.prefix}.${name}`;

test('a broker with everything on it but readers: whose queues nobody reads, no more', async () => {
  await broker.connected();
  const { facts, found } = await look();
  expect(facts.version).toMatch(/^\d+\.\d+/);
  expect(facts).toMatchObject({ product: 'RabbitMQ', blocked: null, missingExchanges: [], mismatchedExchanges: [] });
  const unread = ['dead', 'trigger', 'starts', 'gate', 'timers', 'inbox.0'].map((name) => ['broker.no_consumer', called(name)]);
  expect(found).toEqual(unread);
  // A task queue is the services' affair: here nobody knows who should read it.
  expect(facts.queues).toContainEqual(expect.objectContaining({ name: called('queue.work'), taskQueue: 'work', exists: true }));
});

test('queues and exchanges that are missing, or were declared otherwise, are found, and left as they are', async () => {
  await broker.connected();
  const { gateQueue, lifecycle, startsQueue, triggerQueue } = names(broker.topology.prefix);
  await broker.behindTheScenes(async (channel) => {
    await channel.deleteQueue(triggerQueue);
    await channel.assertQueue(triggerQueue, {
      durable: true,
      arguments: { 'x-queue-type': 'quorum', 'x-overflow': 'drop-head' },
    });
    channel.sendToQueue(triggerQueue, Buffer.from('kept'), { persistent: true });
    await channel.deleteQueue(gateQueue);
    await channel.deleteQueue(startsQueue);
    await channel.assertQueue(startsQueue, { durable: true, arguments: { 'x-queue-type': 'quorum', 'x-max-length': 9 } });
    await channel.deleteExchange(lifecycle);
    await channel.assertExchange(lifecycle, 'direct', { durable: true });
    await channel.deleteExchange(called('control'));
  });
  const { report } = await look();
  const rules = report.findings.filter(({ rule }) => rule !== 'broker.no_consumer');
  expect(rules.map(({ rule, about, what }) => [rule, about, what])).toEqual([
    ['broker.missing_queue', gateQueue, 'the queue is not there'],
    ['broker.missing_exchange', called('control'), 'the exchange is not there'],
    ['broker.topology_drift', triggerQueue, expect.stringContaining('another x-dead-letter-exchange')],
    ['broker.topology_drift', startsQueue, expect.stringMatching(/another x-.*0 messages/)],
    ['broker.topology_drift', lifecycle, expect.stringContaining('of another type')],
  ]);
  // The gate's queue is still missing: looking made nothing.
  expect((await look()).report.findings).toEqual(report.findings);
});

test('a broker that does not answer, or not to this login, is unreachable, and its password is not told', async () => {
  const closed = new URL(AMQP_URL);
  closed.port = '1';
  const refused = new URL(AMQP_URL);
  refused.password = 'very-wrong';
  const nowhere = new URL(AMQP_URL);
  nowhere.pathname = '/no%2Fsuch';
  for (const [url, reason] of [
    [closed, 'ECONNREFUSED'],
    [refused, 'refuses the login'],
    [nowhere, 'virtual host "no/such"'],
  ] as const) {
    const { report } = await look(url.href);
    expect(report.findings).toMatchObject([{ rule: 'broker.unreachable', what: expect.stringContaining(reason) }]);
    expect(JSON.stringify(report)).not.toContain('very-wrong');
  }
});

test('a management API that does not answer leaves what AMQP tells', async () => {
  await broker.connected();
  const { facts, report } = await look(AMQP_URL, 'http://someone:very-secret@127.0.0.1:1');
  expect(facts.management).toBeNull();
  expect(facts.queues.length).toBeGreaterThan(5);
  expect(report.skipped.map(({ check }) => check)).toContain('RabbitMQ’s management API');
  expect(JSON.stringify(report)).not.toContain('very-secret');
});
