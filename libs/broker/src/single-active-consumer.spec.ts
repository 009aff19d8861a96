import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { AMQP_URL, BrokerUnderTest, Collected } from '../test/broker-under-test.js';
import { TcpProxy } from '../test/tcp-proxy.js';
import { BatchConsumer } from './batch-consumer.js';
import type { BrokerConnection } from './broker-connection.js';
import type { Publisher } from './publisher.js';

let broker: BrokerUnderTest;
let connections: readonly BrokerConnection[];
let publisher: Publisher;
/** To the broker, of the first connection alone. */
let wire: TcpProxy;
/** `CONSUMER:BODY`, of all consumers. */
let taken: Collected<string>;
beforeEach(async () => {
  broker = new BrokerUnderTest();
  await broker.proxy.up();
  taken = new Collected();
  const { hostname, port } = new URL(AMQP_URL);
  wire = new TcpProxy({ host: hostname, port: Number(port || 5672) });
  await wire.up();
  const url = new URL(AMQP_URL);
  url.host = `127.0.0.1:${wire.port}`;
  connections = [
    broker.connection({ name: 'first', maximumPauseMs: 200, url: url.href }),
    broker.connection({ name: 'second', maximumPauseMs: 200 }),
  ];
  for (const connection of connections) await connection.start();
  publisher = broker.publisher(connectionOf(1));
});
afterEach(async () => {
  await broker.end();
  await wire.down();
});

function connectionOf(index: number): BrokerConnection {
  const connection = connections[index];
  if (connection === undefined) throw new Error(`no connection ${index}`);
  return connection;
}

async function consuming(
  name: string,
  index: number,
  before: (body: string) => Promise<void> = async () => {},
): Promise<BatchConsumer> {
  const connection = connectionOf(index);
  const consumer = new BatchConsumer(connection, {
    queue: connection.names.inboxQueue(0),
    prefetch: 20,
    maxBatch: 1,
    logger: broker.logger,
    onBatch: async ([delivery]) => {
      const body = String(delivery?.body);
      await before(body);
      taken.add(`${name}:${body}`);
    },
  });
  broker.onEnd(() => consumer.stop(0));
  await consumer.start();
  return consumer;
}

async function send(...bodies: readonly string[]): Promise<void> {
  const { inbox } = connectionOf(0).names;
  const outcomes = await publisher.publish(bodies.map((body) => ({ exchange: inbox, routingKey: '0', body })));
  expect(outcomes.filter(({ kind }) => kind !== 'confirmed')).toEqual([]);
}

const has = (expected: string) => taken.next((each) => each === expected);

test('the one that is active gives way: the next in line has the queue at once, and back again; nothing is lost or taken twice', async () => {
  const first = await consuming('first', 0);
  const second = await consuming('second', 1);
  await send('1');
  await has('first:1');
  await first.giveWay();
  await send('2');
  await has('second:2');
  await second.giveWay();
  await send('3');
  await has('first:3');
  expect(taken.all).toEqual(['first:1', 'second:2', 'first:3']);
  expect(broker.log.all.filter(({ level }) => level !== 'info')).toEqual([]);
});

test('a batch in flight is finished and acknowledged before it gives way; what was only fetched goes to the next', async () => {
  let begin: () => void = () => {};
  let finish: () => void = () => {};
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const first = await consuming('first', 0, async (body) => {
    if (body !== 'long') return;
    begin();
    await finished;
  });
  await consuming('second', 1);
  await send('long', 'a', 'b');
  await begun;
  const givenWay = first.giveWay();
  finish();
  await givenWay;
  await has('second:b');
  expect([...taken.all].sort()).toEqual(['first:long', 'second:a', 'second:b']);
});

test('alone in line, it gives way to itself', async () => {
  const alone = await consuming('alone', 0);
  await alone.giveWay();
  await send('1');
  await has('alone:1');
});

test('one that is asked while it has no channel stays away no longer than its connection does', async () => {
  const alone = await consuming('alone', 1);
  await broker.proxy.down();
  await alone.giveWay();
  await broker.proxy.up();
  await broker.log.until((all) => all.filter(({ message }) => message === 'connected to RabbitMQ').length === 6);
  await send('1');
  await has('alone:1');
});

test('when the active one’s connection breaks, the next takes over; come back, it stands by', async () => {
  await consuming('first', 0);
  await consuming('second', 1);
  await send('1');
  await has('first:1');
  wire.cut();
  await send('2');
  await has('second:2');
  await broker.log.next(({ message, details }) => message === 'consumer lost, starting again' && details.queue !== undefined);
  await send('3');
  await has('second:3');
});
