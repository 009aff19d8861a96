import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { BrokerConnection, type Delivery, DeliveryConsumer, type OutgoingMessage, Publisher } from '@reprise/broker';
import { REDRIVE_HEADER } from '@reprise/contracts';
import { DeadLetterStore } from '@reprise/ledger';
import { armFaults, Metrics, silentLogger, systemClock } from '@reprise/service';
import { eventually, TestBroker, TestDatabase } from '@reprise/testing';
import { originOf } from './letter-origin.js';
import { RedriveLetter } from './redrive-letter.js';
import { ResendLetters } from './resend-letters.js';
import { SendLetter } from './send-letter.js';
import { StoreDeadLetter } from './store-dead-letter.js';

const broker = new TestBroker();
let db: TestDatabase;
let letters: DeadLetterStore;
let connection: BrokerConnection;
let publisher: Publisher;
let consumers: DeliveryConsumer[] = [];
let received: Delivery[] = [];

beforeAll(async () => {
  db = await TestDatabase.create();
  letters = new DeadLetterStore(db.database);
  const topology = { prefix: broker.prefix, queueType: 'classic', wheelLevels: 0 } as const;
  connection = new BrokerConnection({ url: broker.url, topology, logger: silentLogger });
  await connection.start();
  publisher = new Publisher(connection, { logger: silentLogger });
  const { triggerQueue, deadQueue } = connection.names;
  const store = new StoreDeadLetter(letters, systemClock, silentLogger);
  const consumer = (queue: string, onDelivery: (delivery: Delivery) => Promise<void>) =>
    new DeliveryConsumer(connection, { queue, prefetch: 10, logger: silentLogger, onDelivery });
  consumers = [
    consumer(triggerQueue, async (delivery) => void received.push(delivery)),
    consumer(deadQueue, (delivery) => store.store(delivery)),
  ];
  await Promise.all(consumers.map((each) => each.start()));
});
beforeEach(async () => {
  received = [];
  await db.query('delete from reprise.dead_letter');
});
afterAll(async () => {
  await Promise.all(consumers.map((each) => each.stop()));
  await publisher.close();
  await connection.close();
  await broker.end();
  await db.end();
});

const sender = (through: Pick<Publisher, 'publish'> = publisher) =>
  new SendLetter({ letters, publisher: through, names: connection.names, logger: silentLogger });
const redrive = (id: string, send = sender()) => new RedriveLetter(letters, send).redrive(id, 'ann');
const watch = (send = sender()) =>
  new ResendLetters(letters, send, connection, new Metrics({ service: 'monitor', nodeDefaults: false })).look();
const arrived = (count: number) =>
  eventually(() => received.length >= count, { what: `${count} messages in the trigger's queue` });

async function letterOf(properties: Record<string, unknown>, body: Buffer = Buffer.from('not JSON')): Promise<string> {
  const id = systemClock.uuidv7();
  await letters.insert([{ id, queue: 'trigger', reason: 'no JSON', body, properties }]);
  return id;
}

/** As the trigger stores what it cannot read. */
const stored = ({ exchange, routingKey, properties, body }: Delivery) => letterOf({ exchange, routingKey, ...properties }, body);

async function published(message: Partial<OutgoingMessage> = {}): Promise<Delivery> {
  const { events } = connection.names;
  await publisher.publish([{ exchange: events, routingKey: 'order.placed', body: Buffer.from([0xff, 0]), ...message }]);
  await arrived(1);
  const [delivery] = received.splice(0);
  if (delivery === undefined) throw new Error('nothing came');
  return delivery;
}

describe('a redrive', () => {
  test('sends the very same message to where it came from, once', async () => {
    const headers = { 'cloudEvents:type': 'order.placed', count: 3, deep: { list: ['a', true] }, raw: Buffer.from([1, 255]) };
    const rest = { messageId: 'm-1', type: 'kind', contentType: 'text/plain', appId: 'shop', replyTo: 'back' };
    const first = await published({ headers, ...rest, contentEncoding: 'identity', timestamp: 1_700_000_000 });
    const id = await stored(first);
    expect(await redrive(id)).toBe('redriven');
    await arrived(1);
    const [again] = received;
    expect(again).toMatchObject({ exchange: first.exchange, routingKey: first.routingKey, redelivered: false });
    expect(again?.body.equals(first.body)).toBe(true);
    const { correlationId: _, headers: sent, ...properties } = again?.properties ?? first.properties;
    const { correlationId: __, headers: original, ...originals } = first.properties;
    expect(properties).toEqual(originals);
    expect(sent).toEqual({ ...original, [REDRIVE_HEADER]: id });
    expect(await letters.find(id)).toMatchObject({ state: 'redriven', askedBy: 'ann', settledAt: expect.any(Number) });
    expect(await redrive(id)).toBe('not-open');
    expect(received).toHaveLength(1);
  });

  test('gives a message without an id one of its own: sent twice, it is taken once', async () => {
    const id = await stored(await published());
    await redrive(id);
    await arrived(1);
    expect(received[0]?.properties.messageId).toBe(`dead-letter-${id}`);
  });

  test('of what the broker had given up on goes to the exchange it was first published to', async () => {
    await broker.channel(async (channel) => {
      await channel.assertExchange(`${broker.prefix}.dying`, 'topic', { autoDelete: true });
      const { queue } = await channel.assertQueue('', {
        exclusive: true,
        deadLetterExchange: connection.names.dead,
        messageTtl: 1,
      });
      await channel.bindQueue(queue, connection.names.events, 'order.dies');
      channel.publish(connection.names.events, 'order.dies', Buffer.from('{}'), { headers: { own: 1 } });
      await eventually(async () => (await letters.countOpen()) === 1, { what: 'the dead letter' });
    });
    // The trigger's queue is bound to those events too.
    await arrived(1);
    received = [];
    const paged = await letters.list('open', { cursor: null, limit: 1 });
    const letter = paged.kind === 'page' ? paged.page.items[0] : undefined;
    if (letter === undefined) throw new Error('no letter');
    expect(originOf(letter, connection.names)).toEqual({ exchange: connection.names.events, routingKey: 'order.dies' });
    expect(await redrive(letter.id)).toBe('redriven');
    await arrived(1);
    expect(received[0]?.properties.headers).toEqual({ own: 1, [REDRIVE_HEADER]: letter.id });
  });

  test.each([
    ['never published to an exchange', {}],
    ['published straight to the dead letters', { exchange: `${broker.prefix}.dead`, routingKey: '' }],
  ])('of a message that was %s opens it again', async (_, properties) => {
    const id = await letterOf(properties);
    expect(await redrive(id)).toBe('reopened');
    expect(await letters.find(id)).toMatchObject({ state: 'open', lastError: 'it is known to no exchange' });
  });

  test.each([
    ['no queue is bound for', () => ({ exchange: connection.names.attempts, routingKey: 'nobody' }), 'no queue is bound'],
    ['whose exchange is gone', () => ({ exchange: `${broker.prefix}.gone`, routingKey: 'a' }), 'NOT_FOUND'],
    ['that cannot be written', () => ({ exchange: connection.names.events, routingKey: 'k'.repeat(300) }), 'cannot be written'],
  ])('of a message %s opens it again, with the reason, and disturbs no other', async (_, properties, error) => {
    const send = sender();
    const id = await letterOf(properties());
    const fine = await letterOf({ exchange: connection.names.events, routingKey: 'fine' });
    expect(await Promise.all([redrive(id, send), redrive(fine, send)])).toEqual(['reopened', 'redriven']);
    expect(await letters.find(id)).toMatchObject({ state: 'open', lastError: expect.stringContaining(error) });
    await arrived(1);
  });
});

describe('a monitor that dies', () => {
  const overdue = () => db.query('update reprise.dead_letter set look_at = now() where look_at is not null');

  test.each([
    ['after the decision', 'redrive.after-commit', 1],
    ['after the broker has it', 'redrive.after-publish', 2],
  ])('%s leaves what another one finishes', async (_, point, messages) => {
    const id = await letterOf({ exchange: connection.names.events, routingKey: 'order.placed' });
    armFaults(`${point}:throw@1`);
    try {
      await expect(redrive(id)).rejects.toThrow('injected fault');
    } finally {
      armFaults(null);
    }
    expect(await letters.find(id)).toMatchObject({ state: 'redriving', askedBy: 'ann' });
    expect(await watch()).toBe('rest');
    await overdue();
    expect(await watch()).toBe('again');
    expect(await letters.find(id)).toMatchObject({ state: 'redriven' });
    await arrived(messages);
    expect(new Set(received.map(({ properties }) => properties.messageId))).toEqual(new Set([`dead-letter-${id}`]));
    await overdue();
    expect(await watch()).toBe('rest');
    expect(received).toHaveLength(messages);
  });

  test('or a broker that does not answer: it stays decided, and is sent until the broker has it', async () => {
    const id = await letterOf({ exchange: connection.names.events, routingKey: 'order.placed' });
    const closed = new Publisher(connection, { logger: silentLogger });
    await closed.close();
    expect(await redrive(id, sender(closed))).toBe('unknown');
    await overdue();
    expect(await watch()).toBe('again');
    expect(await letters.find(id)).toMatchObject({ state: 'redriven', askedBy: 'ann' });
  });
});
