import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Controller, type INestMicroservice, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Payload } from '@nestjs/microservices';
import { BrokerUnderTest, Collected } from '../../test/broker-under-test.js';
import type { Settlement } from '../batch-consumer.js';
import type { BrokerConnection } from '../broker-connection.js';
import type { Delivery } from '../delivery.js';
import { AmqpStrategy, type AmqpStrategyOptions, ConsumeBatch, ConsumeEach } from './amqp.strategy.js';

const batches = new Collected<string[]>();
const alarms = new Collected<string>();
let failures = 0;

@Controller()
class WorkConsumer {
  @ConsumeBatch('work')
  async take(@Payload() deliveries: Delivery[]): Promise<Settlement[] | undefined> {
    if (failures > 0) {
      failures -= 1;
      throw new Error('Postgres is down');
    }
    batches.add(deliveries.map(({ body }) => body.toString()));
    return deliveries.map(({ body, redelivered }) => (body.toString() === 'later' && !redelivered ? 'requeue' : 'ack'));
  }

  @ConsumeEach('timers')
  async ring(delivery: Delivery): Promise<void> {
    alarms.add(delivery.body.toString());
  }
}

@Module({ controllers: [WorkConsumer] })
class WorkModule {}

let broker: BrokerUnderTest;
let connection: BrokerConnection;
let app: INestMicroservice | undefined;
beforeEach(async () => {
  broker = new BrokerUnderTest();
  connection = await broker.connected();
});
afterEach(async () => {
  await app?.close();
  app = undefined;
  await broker.end();
});

async function listen(consumers: AmqpStrategyOptions['consumers']): Promise<void> {
  const strategy = new AmqpStrategy({ connection, logger: broker.logger, consumers });
  app = await NestFactory.createMicroservice(WorkModule, { strategy, logger: false });
  await app.listen();
}

const settings = () => ({
  work: { queues: [connection.names.taskQueue('work'), connection.names.inboxQueue(0)], prefetch: 100, maxBatch: 10 },
  timers: { queues: [connection.names.timersQueue], prefetch: 100 },
});

describe("Nest's transport over batch consumers", () => {
  test('calls a controller with batches of each of its queues, and with single deliveries', async () => {
    await listen(settings());
    const publisher = broker.publisher(connection);
    await publisher.publish([
      { exchange: connection.names.attempts, routingKey: 'work', body: 'later' },
      { exchange: connection.names.inbox, routingKey: '0', body: 'outcome' },
      { exchange: connection.names.timers, routingKey: '0.0.0.1.s0', body: 'alarm' },
    ]);
    await batches.until((all) => all.flat().filter((body) => body === 'later').length === 2 && all.flat().includes('outcome'));
    expect(await alarms.atLeast(1)).toEqual(['alarm']);
    await app?.close();
    app = undefined;
    for (const queue of settings().work.queues) expect(await connection.queueDepth(queue)).toBe(0);
  });

  test('acknowledges nothing when a controller rejects, and calls it again', async () => {
    failures = 1;
    await listen(settings());
    await broker.publisher(connection).publish([{ exchange: connection.names.attempts, routingKey: 'work', body: 'retried' }]);
    await batches.until((all) => all.flat().includes('retried'));
    expect(failures).toBe(0);
    expect(broker.log.all).toContainEqual(
      expect.objectContaining({
        details: expect.objectContaining({ reason: 'Postgres is down', error: new Error('Postgres is down') }),
      }),
    );
  });

  test('listens while the broker is away, so that health can tell', async () => {
    await broker.proxy.down();
    await listen(settings());
    await broker.proxy.up();
    await broker.publisher(connection).publish([{ exchange: connection.names.attempts, routingKey: 'work', body: 'back' }]);
    await batches.until((all) => all.flat().includes('back'));
  });

  test('is a boot error when a controller has no settings, or settings no controller', async () => {
    const { timers, ...others } = settings();
    const error = async (consumers: AmqpStrategyOptions['consumers']) => {
      const strategy = new AmqpStrategy({ connection, logger: broker.logger, consumers });
      strategy.addHandler('work', async () => {}, true);
      return new Promise((resolve) => strategy.listen(resolve));
    };
    expect(await error({ ...others, timers })).toMatchObject({ message: 'no controller consumes timers' });
    expect(await error({})).toMatchObject({ message: expect.stringContaining('no settings') });
  });
});
