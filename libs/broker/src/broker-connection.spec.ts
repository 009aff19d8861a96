import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { names } from '@reprise/contracts';
import { BrokerUnderTest, Collected } from '../test/broker-under-test.js';
import { connectionBlocked, connectionForced, connectionUnblocked } from '../test/tcp-proxy.js';
import { BatchConsumer } from './batch-consumer.js';
import { BrokerConnection } from './broker-connection.js';
import { TopologyMismatchError } from './broker-error.js';

let broker: BrokerUnderTest;
beforeEach(() => {
  broker = new BrokerUnderTest();
});
afterEach(() => broker.end(['late']));

const work = () => names(broker.topology.prefix).taskQueue('work');

describe('a connection to the broker', () => {
  test('waits for a broker that is down at the start, says so without the password, and connects when it is up', async () => {
    await broker.proxy.up();
    await broker.proxy.down();
    const connection = broker.connection();
    const started = connection.start();
    const [line] = await broker.log.until(
      (lines) => lines.filter(({ message }) => message === 'waiting for RabbitMQ').length >= 2,
    );
    expect(line?.details).toMatchObject({
      broker: `amqp://127.0.0.1:${broker.proxy.port}`,
      reason: expect.stringContaining('ECONNREFUSED'),
    });
    expect(connection.state()).toMatchObject({ kind: 'connecting', reason: expect.stringContaining('ECONNREFUSED') });
    await broker.proxy.up();
    await started;
    expect(connection.state()).toEqual({ kind: 'connected' });
    expect(await connection.queueDepth(work())).toBe(0);
    expect(JSON.stringify(broker.log.all)).not.toContain('guest');
  });

  test('comes back after a cut line, declares the topology again and says so', async () => {
    const connection = await broker.connected();
    const recovered = once(connection, 'recovered');
    await broker.proxy.down();
    await broker.behindTheScenes((channel) => channel.deleteQueue(work()));
    await broker.proxy.up();
    await recovered;
    expect(await connection.queueDepth(work())).toBe(0);
  });

  test('comes back after the broker has said goodbye', async () => {
    const connection = await broker.connected();
    const recovered = once(connection, 'recovered');
    broker.proxy.say(connectionForced());
    await recovered;
    expect(broker.log.all.find(({ level }) => level === 'warn')?.details.reason).toContain('CONNECTION_FORCED');
    expect(await connection.queueDepth(work())).toBe(0);
  });

  test('names the queue and the argument that differ, stays up, and goes on once an operator has removed it', async () => {
    await broker.behindTheScenes((channel) =>
      channel.assertQueue(work(), { durable: true, arguments: { 'x-queue-type': 'classic' } }),
    );
    await broker.proxy.up();
    const connection = broker.connection();
    const started = connection.start();
    const [line] = await broker.log.until((lines) => lines.filter(({ level }) => level === 'error').length >= 2);
    expect(line?.message).toContain(`queue ${work()} exists with another x-queue-type`);
    expect(connection.state()).toMatchObject({ kind: 'connecting', reason: expect.stringContaining(work()) });
    await broker.behindTheScenes((channel) => channel.deleteQueue(work()));
    await started;
    expect(connection.state()).toEqual({ kind: 'connected' });
  });

  test('declares task queues that are added later, and again after a reconnect', async () => {
    const connection = await broker.connected();
    const late = connection.names.taskQueue('late');
    expect(await connection.queueDepth(late)).toBeNull();
    await connection.ensureTaskQueue('late');
    expect(await connection.queueDepth(late)).toBe(0);
    const recovered = once(connection, 'recovered');
    await broker.behindTheScenes((channel) => channel.deleteQueue(late));
    broker.proxy.cut();
    await recovered;
    expect(await connection.queueDepth(late)).toBe(0);
  });

  test('refuses a later task queue that exists with other arguments, and keeps working', async () => {
    const connection = await broker.connected();
    await broker.behindTheScenes((channel) => channel.assertQueue(connection.names.taskQueue('late'), { durable: true }));
    await expect(connection.ensureTaskQueue('late')).rejects.toThrow(TopologyMismatchError);
    await connection.redeclare();
    expect(connection.state()).toEqual({ kind: 'connected' });
  });

  test('counts what is ready in a queue; a queue that does not exist is null', async () => {
    const connection = await broker.connected();
    const publisher = broker.publisher(connection);
    const message = { exchange: connection.names.attempts, routingKey: 'work', body: '1' };
    await publisher.publish([message, message, message]);
    expect(await connection.queueDepth(work())).toBe(3);
    expect(await connection.queueDepth(`${work()}.nowhere`)).toBeNull();
  });

  test('goes on consuming while the broker blocks publishing, and publishes when it is unblocked', async () => {
    const connection = await broker.connected();
    const publisher = broker.publisher(connection);
    const seen = new Collected<string>();
    const consumer = new BatchConsumer(connection, {
      queue: work(),
      prefetch: 10,
      maxBatch: 10,
      logger: broker.logger,
      onBatch: async (deliveries) => deliveries.map(({ body }) => body.toString()).forEach(seen.add),
    });
    broker.onEnd(() => consumer.stop());
    await consumer.start();
    broker.proxy.say(connectionBlocked('low on memory'));
    await broker.log.until((lines) => lines.filter(({ message }) => message === 'RabbitMQ blocks publishing').length >= 2);
    expect(connection.state()).toEqual({ kind: 'blocked', reason: 'low on memory' });
    const blocked = publisher.publish([{ exchange: connection.names.attempts, routingKey: 'work', body: 'held' }]);
    await broker.behindTheScenes(async (channel) => channel.sendToQueue(work(), Buffer.from('past the block')));
    expect(await seen.atLeast(1)).toEqual(['past the block']);
    broker.proxy.say(connectionUnblocked());
    expect(await blocked).toEqual([{ kind: 'confirmed' }]);
    expect(await seen.atLeast(2)).toEqual(['past the block', 'held']);
    expect(connection.state()).toEqual({ kind: 'connected' });
  });

  test('can be closed while it waits for a broker', async () => {
    await broker.proxy.up();
    await broker.proxy.down();
    const connection = broker.connection();
    const started = connection.start();
    await broker.log.next(({ message }) => message === 'waiting for RabbitMQ');
    await connection.close();
    await started;
    expect(connection.state()).toEqual({ kind: 'closed' });
  });

  test('refuses a URL that is none at once: waiting would not help', () => {
    const options = { topology: broker.topology, logger: broker.logger };
    expect(() => new BrokerConnection({ ...options, url: 'localhost' })).toThrow(
      expect.objectContaining({ code: 'INVALID_URL' }),
    );
    expect(() => new BrokerConnection({ ...options, url: 'http://localhost' })).toThrow(
      expect.objectContaining({ code: 'INVALID_URL' }),
    );
  });
});
