import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type AttemptTicket, decodeInbox, type InboxItem, names, type Outgoing, SHARDS } from '@reprise/contracts';
import { fence, runId, versionId } from '@reprise/core';
import { eventually, TestBroker } from '@reprise/testing';
import { BatchConsumer } from './batch-consumer.js';
import { BrokerConnection } from './broker-connection.js';
import { BrokerError } from './broker-error.js';
import type { BrokerLogger } from './broker-logger.js';
import { PublishOutgoing } from './publish-outgoing.js';
import type { OutgoingMessage, PublishOutcome } from './publish-request.js';
import { Publisher } from './publisher.js';

const quiet: BrokerLogger = { info: () => {}, warn: () => {}, error: () => {} };
const RUN = runId('018f3c2e-0000-7000-8000-000000000005');
const ticket: AttemptTicket = {
  run: RUN,
  version: versionId(RUN),
  workflow: 'w',
  node: 0,
  at: '2',
  path: 'a[2]',
  call: 'c',
  attempt: 1,
  fence: fence(3),
};

describe('on a real broker', () => {
  const broker = new TestBroker();
  const heard: InboxItem[] = [];
  let connection: BrokerConnection;
  let publisher: Publisher;
  let outgoing: PublishOutgoing;
  let listeners: readonly BatchConsumer[] = [];

  beforeAll(async () => {
    const topology = { prefix: broker.prefix, queueType: 'quorum', wheelLevels: 1 } as const;
    connection = new BrokerConnection({ url: broker.url, topology, logger: quiet });
    await connection.start();
    await connection.ensureTaskQueue('known');
    publisher = new Publisher(connection, { logger: quiet });
    outgoing = new PublishOutgoing(publisher, connection.names, quiet);
    const onBatch = async (deliveries: readonly { readonly body: Buffer }[]): Promise<void> => {
      for (const { body } of deliveries) {
        const decoded = decodeInbox(body);
        if (decoded.kind === 'ok') heard.push(...decoded.value);
      }
    };
    listeners = Array.from({ length: SHARDS }, (_, shard) => {
      const queue = broker.names.inboxQueue(shard);
      return new BatchConsumer(connection, { queue, prefetch: 10, maxBatch: 10, logger: quiet, onBatch });
    });
    await Promise.all(listeners.map((listener) => listener.start()));
  });
  afterAll(async () => {
    await Promise.all(listeners.map((listener) => listener.stop()));
    await publisher.close();
    await connection.close();
    await broker.end(['known']);
  });

  const attempt = (queue: string): Outgoing => ({
    exchange: broker.names.attempts,
    routingKey: queue,
    body: '{}',
    tickets: [ticket],
  });

  const inLane = (key: string): Outgoing => ({ ...attempt(key), otherwise: attempt(key.replace(/\..*/, '')) });

  test('what a queue wants is in it when it is confirmed', async () => {
    expect(await outgoing.publish([attempt('known'), attempt('known')])).toEqual([]);
    expect((await broker.take(broker.names.taskQueue('known'))).length).toBe(2);
  });

  test('an attempt for a lane that nobody has declared waits in its queue', async () => {
    expect(await outgoing.publish([inLane('known.retry'), attempt('known'), inLane('known.high')])).toEqual([]);
    expect((await broker.take(broker.names.taskQueue('known'))).length).toBe(3);
    expect(heard).toEqual([]);
  });

  test('an attempt that no queue wants goes back to its run, uncounted; what nobody need hear is no news', async () => {
    const nobody: Outgoing = { exchange: broker.names.lifecycle, routingKey: 'run.started.w', body: '{}', optional: true };
    expect(await outgoing.publish([inLane('unknown.retry'), attempt('known'), nobody])).toEqual([]);
    await eventually(() => heard.length > 0, { what: 'the attempt put back' });
    const { run, version, node, at } = ticket;
    expect(heard).toEqual([{ kind: 'hold', run, version, node, at, fence: 3, reason: 'NO_QUEUE' }]);
  });
});

describe('attempts of quick calls', () => {
  test('share messages, and those no queue wants go back to their runs each for itself', async () => {
    const sent: OutgoingMessage[][] = [];
    const publish = async (messages: readonly OutgoingMessage[]): Promise<PublishOutcome[]> => {
      sent.push([...messages]);
      return messages.map(({ exchange }) => ({ kind: exchange === 'test.attempts' ? 'returned' : 'confirmed' }));
    };
    const outgoing = new PublishOutgoing({ publish }, names('test'), quiet, (lane, call) => lane === 'q' && call === 'c');
    const attempts = Array.from(
      { length: 9 },
      (_, node): Outgoing => ({
        exchange: 'test.attempts',
        routingKey: 'q',
        body: '{}',
        tickets: [{ ...ticket, node }],
      }),
    );
    expect(await outgoing.publish(attempts)).toEqual([]);
    expect(sent.map((messages) => messages.length)).toEqual([5, 1]);
    const back = decodeInbox(Buffer.from(sent[1]?.[0]?.body ?? ''));
    expect(back.kind === 'ok' && back.value.map((item) => item.kind === 'hold' && [item.node, item.reason])).toEqual(
      Array.from({ length: 9 }, (_, node) => [node, 'NO_QUEUE']),
    );
  });
});

describe('a broker that does not confirm', () => {
  const message = (name: string): Outgoing => ({ exchange: 'x', routingKey: name, body: '{}' });
  const failed = (code: 'NACKED' | 'CLOSED'): PublishOutcome => ({ kind: 'failed', cause: new BrokerError(code, 'no') });

  function against(fate: (name: string, call: number) => PublishOutcome) {
    const calls: string[][] = [];
    const publish = async (messages: readonly OutgoingMessage[]): Promise<PublishOutcome[]> => {
      const call = calls.push(messages.map(({ routingKey }) => routingKey));
      return messages.map(({ routingKey }) => fate(routingKey, call));
    };
    return { calls, outgoing: new PublishOutgoing({ publish }, names('test'), quiet) };
  }

  const inTime = async <Value>(work: () => Promise<Value>): Promise<Value> => {
    jest.useFakeTimers();
    try {
      const working = work();
      await jest.advanceTimersByTimeAsync(60_000);
      return await working;
    } finally {
      jest.useRealTimers();
    }
  };

  test('is asked again, after a pause, for what it has not confirmed and nothing else', async () => {
    const { calls, outgoing } = against((name, call) => (name === 'b' && call < 3 ? failed('NACKED') : { kind: 'confirmed' }));
    jest.useFakeTimers();
    try {
      const publishing = outgoing.publish([message('a'), message('b'), message('c')]);
      await jest.advanceTimersByTimeAsync(99);
      expect(calls).toEqual([['a', 'b', 'c']]);
      await jest.advanceTimersByTimeAsync(1_000);
      expect(await publishing).toEqual([]);
      expect(calls).toEqual([['a', 'b', 'c'], ['b'], ['b']]);
    } finally {
      jest.useRealTimers();
    }
  });

  test('for long is given up on, and the caller learns what nobody has been told', async () => {
    const { calls, outgoing } = against((name) => (name === 'b' ? failed('NACKED') : { kind: 'confirmed' }));
    const [a, b] = [message('a'), message('b')];
    expect(await inTime(() => outgoing.publish([a, b]))).toEqual([b]);
    expect(calls.length).toBe(6);
  });

  test('of a message after which another is due has that sent once it is confirmed, and not before', async () => {
    const { calls, outgoing } = against((name, call) => (name === 'a' && call < 2 ? failed('NACKED') : { kind: 'confirmed' }));
    const published = await inTime(() => outgoing.publish([{ ...message('a'), whenTold: message('after-a') }, message('b')]));
    expect([published, calls]).toEqual([[], [['a', 'b'], ['a'], ['after-a']]]);
  });

  test.each([{ kind: 'returned' }, failed('CLOSED')] as const)(
    'but answers $kind never has the other one sent',
    async (outcome) => {
      const { calls, outgoing } = against(() => outcome);
      const told = { ...message('a'), whenTold: message('after-a') };
      expect(await inTime(() => outgoing.publish([told]))).toEqual([told]);
      expect(new Set(calls.flat())).toEqual(new Set(['a']));
    },
  );

  test('or has lost a queue of ours is asked again until it is declared; what nobody need hear is not', async () => {
    const { calls, outgoing } = against((_, call) => ({ kind: call < 3 ? 'returned' : 'confirmed' }));
    expect(await inTime(() => outgoing.publish([message('a'), { ...message('b'), optional: true }]))).toEqual([]);
    expect(calls).toEqual([['a', 'b'], ['a'], ['a']]);
  });

  test('because we are closing is not asked again', async () => {
    const { calls, outgoing } = against(() => failed('CLOSED'));
    const a = message('a');
    expect(await outgoing.publish([a])).toEqual([a]);
    expect(calls.length).toBe(1);
  });

  test('that returns an attempt and does not take it back either leaves it to the watch', async () => {
    const { calls, outgoing } = against((name) => (name === 'a' ? { kind: 'returned' } : failed('CLOSED')));
    const untold = await outgoing.publish([{ ...message('a'), tickets: [ticket] }]);
    expect(untold).toMatchObject([{ exchange: 'test.inbox' }]);
    expect(calls.length).toBe(2);
  });
});
