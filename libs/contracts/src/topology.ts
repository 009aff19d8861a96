import { WHEEL_LEVELS, WHEEL_RADIX, type WheelLevels, wheelTtlMs } from './delay-wheel.js';
import { SHARDS } from './shard.js';

export type QueueType = 'quorum' | 'classic';

export interface TopologyOptions {
  /** First part of every name, `reprise` by default in the settings. */
  readonly prefix: string;
  /** `classic` is for a lone development broker. */
  readonly queueType: QueueType;
  /** Levels of the delay wheel to declare; 4 in production, fewer in tests (15 queues each). */
  readonly wheelLevels?: WheelLevels;
  readonly taskQueues?: readonly string[];
  readonly shards?: number;
}

export interface ExchangeSpec {
  readonly name: string;
  readonly type: 'topic' | 'direct' | 'fanout';
}

export interface QueueSpec {
  readonly name: string;
  readonly arguments: Readonly<Record<string, string | number | boolean>>;
}

export interface BindingSpec {
  readonly source: string;
  readonly destination: string;
  readonly destinationKind: 'queue' | 'exchange';
  readonly pattern: string;
}

/** All of it durable. Declare exchanges, then queues, then bindings. */
export interface Topology {
  readonly exchanges: readonly ExchangeSpec[];
  readonly queues: readonly QueueSpec[];
  readonly bindings: readonly BindingSpec[];
}

export interface TopologyNames {
  readonly prefix: string;
  /** How many levels the delay wheel has here: what routes by it must agree with what was declared. */
  readonly wheelLevels: WheelLevels;
  /** Exchanges. */
  readonly events: string;
  readonly inbox: string;
  readonly attempts: string;
  readonly control: string;
  readonly timers: string;
  readonly lifecycle: string;
  readonly dead: string;
  delayExchange(level: number): string;
  /** Queues. */
  readonly triggerQueue: string;
  /** Child runs to be started; published to by its name, over the default exchange. */
  readonly startsQueue: string;
  /** Requests of workers that speak only AMQP; published to by its name, over the default exchange. */
  readonly gateQueue: string;
  readonly timersQueue: string;
  readonly deadQueue: string;
  inboxQueue(shard: number): string;
  taskQueue(name: string): string;
  delayQueue(level: number, digit: number): string;
}

/** Every name on the broker, from its prefix. */
export function names(prefix: string, wheelLevels: WheelLevels = WHEEL_LEVELS): TopologyNames {
  return {
    prefix,
    wheelLevels,
    events: `${prefix}.events`,
    inbox: `${prefix}.inbox`,
    attempts: `${prefix}.attempts`,
    control: `${prefix}.control`,
    timers: `${prefix}.timers`,
    lifecycle: `${prefix}.lifecycle`,
    dead: `${prefix}.dead`,
    delayExchange: (level) => `${prefix}.delay.l${level}`,
    triggerQueue: `${prefix}.trigger`,
    startsQueue: `${prefix}.starts`,
    gateQueue: `${prefix}.gate`,
    timersQueue: `${prefix}.timers`,
    deadQueue: `${prefix}.dead`,
    inboxQueue: (shard) => `${prefix}.inbox.${shard}`,
    taskQueue: (name) => `${prefix}.queue.${name}`,
    delayQueue: (level, digit) => `${prefix}.delay.q${level}.${digit.toString(WHEEL_RADIX)}`,
  };
}

/** The routing key of a run's inbox: its shard as text. */
export function inboxKey(shard: number): string {
  return String(shard);
}

/** The whole topology as data. */
export function topologyOf(options: TopologyOptions): Topology {
  return merge([
    spine(options),
    inbox(options),
    wheel(options),
    ...(options.taskQueues ?? []).map((name) => taskQueueTopology(options, name)),
  ]);
}

/** What one more task queue needs; its exchange is declared with the rest. Throws a RangeError for a name that would match others' keys. */
export function taskQueueTopology(options: TopologyOptions, name: string): Topology {
  // `*` and `#` are wildcards in a topic binding: such a queue would take other queues' attempts.
  if (name === '' || /[*#\s]/.test(name)) throw new RangeError(`not a task queue name: ${JSON.stringify(name)}`);
  const n = names(options.prefix);
  return {
    exchanges: [],
    queues: [{ name: n.taskQueue(name), arguments: queueArguments(options.queueType) }],
    bindings: [{ source: n.attempts, destination: n.taskQueue(name), destinationKind: 'queue', pattern: name }],
  };
}

function spine({ prefix, queueType }: TopologyOptions): Topology {
  const n = names(prefix);
  return {
    exchanges: [
      { name: n.dead, type: 'fanout' },
      { name: n.events, type: 'topic' },
      { name: n.inbox, type: 'direct' },
      { name: n.attempts, type: 'topic' },
      { name: n.control, type: 'fanout' },
      { name: n.timers, type: 'topic' },
      { name: n.lifecycle, type: 'topic' },
    ],
    queues: [
      { name: n.deadQueue, arguments: queueArguments(queueType) },
      { name: n.triggerQueue, arguments: { ...queueArguments(queueType), ...deadLetterTo(n.dead, queueType) } },
      { name: n.startsQueue, arguments: { ...queueArguments(queueType), ...deadLetterTo(n.dead, queueType) } },
      // Whoever asks here asks again until it is answered: a request that has expired is nobody's dead letter.
      { name: n.gateQueue, arguments: queueArguments(queueType) },
      { name: n.timersQueue, arguments: queueArguments(queueType) },
    ],
    bindings: [
      { source: n.dead, destination: n.deadQueue, destinationKind: 'queue', pattern: '' },
      // `#` also takes `run.start.WORKFLOW`: starting by name and by event is one queue, so one order and one dedupe.
      { source: n.events, destination: n.triggerQueue, destinationKind: 'queue', pattern: '#' },
      { source: n.timers, destination: n.timersQueue, destinationKind: 'queue', pattern: '#' },
    ],
  };
}

function inbox({ prefix, queueType, shards = SHARDS }: TopologyOptions): Topology {
  const n = names(prefix);
  const all = Array.from({ length: shards }, (_, shard) => shard);
  return {
    exchanges: [],
    queues: all.map((shard) => ({
      name: n.inboxQueue(shard),
      arguments: { ...queueArguments(queueType), 'x-single-active-consumer': true },
    })),
    bindings: all.map((shard) => ({
      source: n.inbox,
      destination: n.inboxQueue(shard),
      destinationKind: 'queue',
      pattern: inboxKey(shard),
    })),
  };
}

function wheel({ prefix, queueType, wheelLevels = WHEEL_LEVELS }: TopologyOptions): Topology {
  const n = names(prefix);
  const levels = Array.from({ length: wheelLevels }, (_, level) => level);
  const digits = Array.from({ length: WHEEL_RADIX - 1 }, (_, index) => index + 1);
  const below = (level: number) => (level === 0 ? n.timers : n.delayExchange(level - 1));
  const pattern = (level: number, digit: number) => `${'*.'.repeat(WHEEL_LEVELS - 1 - level)}${digit.toString(WHEEL_RADIX)}.#`;
  return {
    exchanges: levels.map((level) => ({ name: n.delayExchange(level), type: 'topic' })),
    queues: levels.flatMap((level) =>
      digits.map((digit) => ({
        name: n.delayQueue(level, digit),
        arguments: {
          ...queueArguments(queueType),
          'x-message-ttl': wheelTtlMs(level, digit),
          ...deadLetterTo(below(level), queueType),
        },
      })),
    ),
    bindings: levels.flatMap((level): BindingSpec[] => [
      { source: n.delayExchange(level), destination: below(level), destinationKind: 'exchange', pattern: pattern(level, 0) },
      ...digits.map((digit) => ({
        source: n.delayExchange(level),
        destination: n.delayQueue(level, digit),
        destinationKind: 'queue' as const,
        pattern: pattern(level, digit),
      })),
    ]),
  };
}

function queueArguments(queueType: QueueType): Record<string, string> {
  return { 'x-queue-type': queueType };
}

function deadLetterTo(exchange: string, queueType: QueueType): Record<string, string> {
  switch (queueType) {
    case 'quorum':
      // At-most-once dead-lettering lost 1,656 of 20,000 confirmed messages in a kill -9; at-least-once needs reject-publish.
      return { 'x-dead-letter-exchange': exchange, 'x-dead-letter-strategy': 'at-least-once', 'x-overflow': 'reject-publish' };
    case 'classic':
      return { 'x-dead-letter-exchange': exchange };
  }
}

function merge(parts: readonly Topology[]): Topology {
  return {
    exchanges: parts.flatMap((part) => part.exchanges),
    queues: parts.flatMap((part) => part.queues),
    bindings: parts.flatMap((part) => part.bindings),
  };
}
