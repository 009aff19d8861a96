import type { BrokerReached, ManagementFacts, QueueFacts } from './broker-facts.js';
import { type Found, found, foundIf, type Rule } from './finding.js';
import { DECLARE, versionNumbers } from './managed-broker-rules.js';

const LEAST_VERSION = [3, 10] as const;

export const BROKER_UNREACHABLE: Rule<{ readonly reason: string }> = {
  name: 'unreachable',
  severity: 'error',
  checks: 'the broker answers',
  prevents: 'nothing is dispatched while it is away; what is due waits in the ledger',
  find: ({ reason }) => [found(null, `RabbitMQ does not answer: ${reason}`, 'start it, or correct AMQP_URL')],
};

export const BROKER_RULES: readonly Rule<BrokerReached>[] = [
  {
    name: 'version',
    severity: 'error',
    checks: 'RabbitMQ is 3.10 or newer',
    prevents: 'older ones do not know dead-lettering at least once: retries in flight are lost with a node',
    find: ({ version }) =>
      foundIf(
        isOlder(version),
        `RabbitMQ is ${version}`,
        'upgrade the broker to 3.10 or newer, one minor version after the other',
      ),
  },
  {
    name: 'blocked',
    severity: 'error',
    checks: 'the broker takes messages (no memory or disk alarm)',
    prevents: 'nothing can be published: starts are answered 503, tasks wait',
    find: ({ blocked, management }) => [
      ...foundIf(
        blocked !== null,
        `RabbitMQ blocks publishing: ${blocked}`,
        'free memory or disk on the broker (rabbitmq-diagnostics alarms)',
      ),
      ...(management?.nodes ?? []).flatMap(alarmsOf),
    ],
  },
  {
    name: 'missing_queue',
    severity: 'error',
    checks: 'every queue of the topology is there',
    prevents: 'what is published there comes back, and waits until somebody declares the queue',
    find: ({ queues }) =>
      absent(
        'queue',
        queues.filter(({ exists, taskQueue }) => !exists && taskQueue === null).map(({ name }) => name),
      ),
  },
  {
    name: 'missing_exchange',
    severity: 'error',
    checks: 'every exchange of the topology is there',
    prevents: 'publishing to it closes the channel with 404 until it is declared again',
    find: ({ missingExchanges }) => absent('exchange', missingExchanges),
  },
  {
    name: 'topology_drift',
    severity: 'error',
    checks:
      'queues and exchanges have the arguments wanted: type quorum, dead letter exchange and strategy, overflow, time to live, single active consumer',
    prevents: 'services cannot declare it (406) and wait; a queue of another kind loses messages in a crash that ours would not',
    find: ({ queues, mismatchedExchanges }) => [
      ...queues.flatMap(driftOf),
      ...mismatchedExchanges.map(({ name, detail }) =>
        found(
          name,
          `the exchange is of another type: ${detail}`,
          `delete the exchange ${name} (rabbitmqadmin delete exchange name=${name}) and restart a service`,
        ),
      ),
    ],
  },
  {
    name: 'queue_type',
    severity: 'warning',
    checks: 'queues are quorum queues',
    prevents: 'classic queues are on one node and lose what was in flight when it dies; dead-lettering is at most once',
    find: ({ queueType }) =>
      foundIf(
        queueType === 'classic',
        'REPRISE_QUEUE_TYPE is classic: for a lone development broker',
        'unset REPRISE_QUEUE_TYPE',
      ),
  },
  {
    name: 'no_consumer',
    severity: 'error',
    checks: 'inboxes of all shards, triggers, timers, child starts, the gate and dead letters are read by somebody',
    prevents: 'runs of that shard, events, or timers stand still',
    find: ({ queues }) =>
      queues
        .filter(isUnread)
        .map(({ name, messages }) =>
          found(
            name,
            `nobody reads it (${messages} messages wait)`,
            `start ${readerOf(name)}; if one runs, its log says what it waits for`,
          ),
        ),
  },
];

const SHOWN = 3;

/** All of a broker that was wiped are one finding, not a hundred. */
function absent(kind: 'queue' | 'exchange', missing: readonly string[]): readonly Found[] {
  if (missing.length <= SHOWN) return missing.map((name) => found(name, `the ${kind} is not there`, DECLARE));
  const others = missing.length - SHOWN;
  return [
    found(null, `${missing.length} ${kind}s are not there: ${missing.slice(0, SHOWN).join(', ')} and ${others} more`, DECLARE),
  ];
}

function isOlder(version: string | null): boolean {
  const [major = 0, minor = 0] = versionNumbers(version);
  if (version === null || Number.isNaN(major + minor)) return false;
  return major < LEAST_VERSION[0] || (major === LEAST_VERSION[0] && minor < LEAST_VERSION[1]);
}

function alarmsOf({ name, memoryAlarm, diskAlarm, running }: ManagementFacts['nodes'][number]): readonly Found[] {
  return [
    ...(running ? [] : [found(name, 'the node is down', `start the node ${name}`)]),
    ...(memoryAlarm ? [found(name, 'memory alarm', 'find what takes the memory: rabbitmq-diagnostics memory_breakdown')] : []),
    ...(diskAlarm ? [found(name, 'disk alarm', 'free disk below the broker’s data directory, or correct disk_free_limit')] : []),
  ];
}

function driftOf({ name, mismatch, messages }: QueueFacts): readonly Found[] {
  if (mismatch === null) return [];
  const what = `it was declared with another ${mismatch.argument}: ${mismatch.detail}`;
  const how =
    'let a service connect with REPRISE_MIGRATE_QUEUES=on (the default) while nobody reads the queue: it moves what is in it and declares it anew';
  return [found(name, `${what} (${messages} messages in it)`, how)];
}

/** Task queues and the wheel are not read all the time. */
const isUnread = ({ name, taskQueue, exists, consumers }: QueueFacts): boolean =>
  exists && consumers === 0 && taskQueue === null && !name.includes('.delay.');

function readerOf(name: string): string {
  if (/\.(trigger|starts)$/.test(name)) return 'a trigger';
  return name.endsWith('.dead') ? 'a monitor' : 'a scheduler';
}
