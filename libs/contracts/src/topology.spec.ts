import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type WheelLevels, wheelRoute } from './delay-wheel.js';
import { inboxKey, names, type Topology, taskQueueTopology, topologyOf } from './topology.js';

const production = topologyOf({ prefix: 'reprise', queueType: 'quorum', taskQueues: ['default'] });

function queue(topology: Topology, name: string) {
  return topology.queues.find((one) => one.name === name);
}

/** The broker's own routing: every queue a message reaches from an exchange. */
function reached(topology: Topology, exchange: string, key: string): string[] {
  const type = topology.exchanges.find((one) => one.name === exchange)?.type;
  return topology.bindings
    .filter(
      ({ source, pattern }) =>
        source === exchange && (type === 'fanout' || (type === 'direct' ? pattern === key : matches(pattern, key))),
    )
    .flatMap(({ destination, destinationKind }) =>
      destinationKind === 'queue' ? [destination] : reached(topology, destination, key),
    );
}

function matches(pattern: string, key: string): boolean {
  const expression = pattern
    .split('.')
    .map((word) => (word === '#' ? '.*' : word === '*' ? '[^.]+' : word))
    .join('\\.')
    .replace('\\..*', '(\\..*)?');
  return new RegExp(`^${expression}$`).test(key);
}

describe('the topology', () => {
  test('binds only what it declares, and declares nothing twice', () => {
    for (const wheelLevels of [0, 2, 4] as WheelLevels[]) {
      const topology = topologyOf({ prefix: 'p', queueType: 'quorum', wheelLevels, taskQueues: ['a', 'b.c'] });
      const exchanges = topology.exchanges.map(({ name }) => name);
      const queues = topology.queues.map(({ name }) => name);
      expect(new Set(exchanges).size).toBe(exchanges.length);
      expect(new Set(queues).size).toBe(queues.length);
      for (const { source, destination, destinationKind } of topology.bindings) {
        expect(exchanges).toContain(source);
        expect(destinationKind === 'queue' ? queues : exchanges).toContain(destination);
      }
      for (const { arguments: args } of topology.queues) {
        if ('x-dead-letter-exchange' in args) expect(exchanges).toContain(args['x-dead-letter-exchange']);
      }
    }
  });

  test('takes events and starts by name into one queue', () => {
    expect(reached(production, 'reprise.events', 'order.placed')).toEqual(['reprise.trigger']);
    expect(reached(production, 'reprise.events', 'run.start.order-fulfilment')).toEqual(['reprise.trigger']);
    expect(queue(production, 'reprise.trigger')?.arguments).toMatchObject({ 'x-dead-letter-exchange': 'reprise.dead' });
    expect(reached(production, 'reprise.dead', 'order.placed')).toEqual(['reprise.dead']);
  });

  test('keeps one inbox per shard, each with one active consumer', () => {
    for (let shard = 0; shard < 8; shard += 1) {
      expect(reached(production, 'reprise.inbox', inboxKey(shard))).toEqual([`reprise.inbox.${shard}`]);
      expect(queue(production, `reprise.inbox.${shard}`)?.arguments).toEqual({
        'x-queue-type': 'quorum',
        'x-single-active-consumer': true,
      });
    }
    expect(reached(production, 'reprise.inbox', '8')).toEqual([]);
  });

  test('leaves an attempt for an unknown task queue unrouted, so that its publisher hears of it', () => {
    expect(reached(production, 'reprise.attempts', 'default')).toEqual(['reprise.queue.default']);
    expect(reached(production, 'reprise.attempts', 'gpu')).toEqual([]);
  });

  test('has a wheel of 60 queues that lose nothing on the way down', () => {
    const wheel = production.queues.filter(({ name }) => name.startsWith('reprise.delay.q'));
    expect(wheel).toHaveLength(60);
    expect(queue(production, 'reprise.delay.q1.d')?.arguments).toEqual({
      'x-queue-type': 'quorum',
      'x-message-ttl': 13 * 16 * 16,
      'x-dead-letter-exchange': 'reprise.delay.l0',
      'x-dead-letter-strategy': 'at-least-once',
      'x-overflow': 'reject-publish',
    });
    expect(queue(production, 'reprise.delay.q0.1')?.arguments['x-dead-letter-exchange']).toBe('reprise.timers');
  });

  test('brings every delay through its queues to the timers, with the key unchanged', () => {
    const n = names('reprise');
    fc.assert(
      fc.property(fc.integer({ min: 16, max: 2_000_000 }), fc.nat({ max: 7 }), (delayMs, shard) => {
        const route = wheelRoute(delayMs, shard);
        if (route.kind === 'now') throw new Error('16 ms and more take the wheel');
        let at = reached(production, n.delayExchange(route.exchangeLevel), route.routingKey);
        let waitedMs = 0;
        while (at[0] !== 'reprise.timers') {
          expect(at).toHaveLength(1);
          const args = queue(production, at[0] ?? '')?.arguments ?? {};
          waitedMs += Number(args['x-message-ttl']);
          at = reached(production, String(args['x-dead-letter-exchange']), route.routingKey);
        }
        expect(at).toEqual(['reprise.timers']);
        expect(waitedMs).toBe(route.effectiveMs);
      }),
    );
  });

  test('gives a classic broker no argument it refuses', () => {
    const classic = topologyOf({ prefix: 'reprise', queueType: 'classic', wheelLevels: 1 });
    for (const { arguments: args } of classic.queues) {
      expect(args['x-queue-type']).toBe('classic');
      expect(args).not.toHaveProperty('x-dead-letter-strategy');
    }
  });

  test('refuses a task queue whose name would match the attempts of others', () => {
    for (const name of ['*', 'a.#', 'with space', '']) {
      expect(() => taskQueueTopology({ prefix: 'p', queueType: 'quorum' }, name)).toThrow(RangeError);
    }
  });
});
