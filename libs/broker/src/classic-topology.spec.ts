import { afterEach, describe, expect, test } from '@jest/globals';
import { wheelRoute } from '@reprise/contracts';
import { BrokerUnderTest, Collected } from '../test/broker-under-test.js';
import { BatchConsumer } from './batch-consumer.js';

const broker = new BrokerUnderTest({ queueType: 'classic', wheelLevels: 1 });
afterEach(() => broker.end());

describe('a lone development broker with classic queues', () => {
  test('accepts the whole topology, and the wheel turns', async () => {
    const connection = await broker.connected();
    const seen = new Collected<string>();
    const consumer = new BatchConsumer(connection, {
      queue: connection.names.timersQueue,
      prefetch: 10,
      maxBatch: 10,
      logger: broker.logger,
      onBatch: async (deliveries) => void deliveries.map(({ body }) => seen.add(body.toString())),
    });
    broker.onEnd(() => consumer.stop());
    await consumer.start();
    const route = wheelRoute(50, 0, 1);
    const routingKey = route.kind === 'wheel' ? route.routingKey : '';
    await broker.publisher(connection).publish([{ exchange: connection.names.delayExchange(0), routingKey, body: 'rang' }]);
    expect(await seen.atLeast(1)).toEqual(['rang']);
  });
});
