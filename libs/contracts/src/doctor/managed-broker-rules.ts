import type { BrokerReached, ManagedQueue, ManagementFacts } from './broker-facts.js';
import { type Found, found, type Rule } from './finding.js';

const LEAST_CONSUMER_TIMEOUT_MS = 60_000;
const MOST_HANDLES = 0.9;
/** Policies that make a queue drop what it holds. */
const LOSES = ['message-ttl', 'expires', 'max-length', 'max-length-bytes'] as const;

export const DECLARE = 'restart a service: each declares the whole topology when it connects';

export const versionNumbers = (version: string | null): readonly number[] => (version ?? '').split('.').slice(0, 2).map(Number);

/** What is known only where the management API is asked. */
export const MANAGED_BROKER_RULES: readonly Rule<BrokerReached>[] = [
  {
    name: 'delivery_limit',
    severity: 'warning',
    checks:
      'no delivery limit drops messages of queues without a dead letter exchange (from RabbitMQ 4 on: 20 unless a policy says otherwise)',
    prevents: 'a message that is given back that often is dropped; the watch has to find its run again, seconds later',
    find: (facts) => [...limitedByDefault(facts), ...limitedByPolicy(facts)],
  },
  {
    name: 'policy_loses_messages',
    severity: 'error',
    checks: 'no policy expires messages or bounds the length of our queues',
    prevents: 'a policy for other applications silently drops tickets and outcomes; the watch finds the runs only later',
    find: ({ management }) =>
      (management?.queues ?? []).flatMap((queue) => {
        const keys = LOSES.filter((key) => key in queue.definition);
        return keys.length === 0 ? [] : [byPolicy(queue, `sets ${keys.join(', ')}`)];
      }),
  },
  {
    name: 'consumer_timeout',
    severity: 'warning',
    checks: 'no policy takes deliveries back sooner than a minute, or than the longest attempt on that task queue',
    prevents:
      'while the database is away deliveries are kept unacknowledged: the broker would close the channel, and deliver all of them again',
    find: timeouts,
  },
  {
    name: 'missing_binding',
    severity: 'error',
    checks: 'every binding of the topology is there',
    prevents: 'messages that nobody wants come back or vanish: events start nothing, retries do not ring',
    find: ({ management }) =>
      (management?.missingBindings ?? []).map(({ source, destination, pattern }) =>
        found(destination, `it is not bound to ${source} with the key "${pattern}"`, DECLARE),
      ),
  },
  {
    name: 'queue_without_majority',
    severity: 'error',
    checks: 'most members of each quorum queue are online',
    prevents: 'a queue without majority takes and gives nothing',
    find: ({ management }) =>
      (management?.queues ?? [])
        .filter(({ members, online }) => members.length > 0 && online.length * 2 <= members.length)
        .map(({ name, members, online }) =>
          found(
            name,
            `${online.length} of its ${members.length} members are online`,
            'start the nodes that are down: rabbitmq-diagnostics check_if_node_is_quorum_critical',
          ),
        ),
  },
  {
    name: 'lonely_quorum_queue',
    severity: 'warning',
    checks: 'in a cluster, quorum queues have a member on more than one node',
    prevents: 'the loss of one node loses the queue with what is in it',
    find: (facts) => lonely(facts.management),
  },
  {
    name: 'feature_flags',
    severity: 'error',
    checks: 'the feature flags quorum_queue and stream_queue are on',
    prevents: 'without stream_queue dead-lettering at least once falls back to at most once, silently',
    find: ({ management }) =>
      (management?.disabledFlags ?? []).map((flag) =>
        found(flag, `the feature flag ${flag} is off`, `rabbitmqctl enable_feature_flag ${flag}`),
      ),
  },
  {
    name: 'file_handles',
    severity: 'warning',
    checks: 'nodes have file handles left',
    prevents: 'without any a node lets new connections wait for ever',
    find: ({ management }) =>
      (management?.nodes ?? [])
        .filter(({ fileHandles }) => fileHandles !== null && fileHandles.used > fileHandles.limit * MOST_HANDLES)
        .map(({ name, fileHandles }) =>
          found(
            name,
            `${fileHandles?.used} of ${fileHandles?.limit} file handles are taken`,
            'raise the limit of open files of the broker (ulimit -n 65536), delete queues nobody needs',
          ),
        ),
  },
];

/** AMQP does not show a policy, so without the management API nobody can tell whether one lifts the limit. */
function limitedByDefault({ version, management }: BrokerReached): readonly Found[] {
  const [major = 0] = versionNumbers(version);
  if (!(major >= 4) || management === null) return [];
  return management.queues.some(({ definition, members }) => members.length > 0 && !('delivery-limit' in definition))
    ? [found(null, `RabbitMQ ${version} drops a message after 20 deliveries`, LIFT_LIMIT)]
    : [];
}

const LIFT_LIMIT = `rabbitmqctl set_policy reprise-deliveries '^reprise\\.' '{"delivery-limit": -1}' --apply-to quorum_queues --priority 10`;

function limitedByPolicy({ management }: BrokerReached): readonly Found[] {
  return (management?.queues ?? []).flatMap((queue) => {
    const limit = queue.definition['delivery-limit'];
    return typeof limit === 'number' && limit >= 0 ? [byPolicy(queue, `drops a message after ${limit} deliveries`)] : [];
  });
}

function byPolicy({ name, policy }: ManagedQueue, does: string): Found {
  const mend = `give that policy a pattern that does not match ${name}: rabbitmqctl list_policies`;
  return found(name, `the policy ${policy ?? 'in force'} ${does}`, mend);
}

function timeouts({ management, queues, longestAttemptMs }: BrokerReached): readonly Found[] {
  return (management?.queues ?? []).flatMap((queue) => {
    const timeoutMs = queue.definition['consumer-timeout'];
    if (typeof timeoutMs !== 'number') return [];
    const taskQueue = queues.find(({ name }) => name === queue.name)?.taskQueue ?? null;
    const least = Math.max(LEAST_CONSUMER_TIMEOUT_MS, taskQueue === null ? 0 : (longestAttemptMs[taskQueue] ?? 0));
    return timeoutMs < least ? [byPolicy(queue, `takes deliveries back after ${timeoutMs} ms; ${least} ms is the least`)] : [];
  });
}

function lonely(management: ManagementFacts | null): readonly Found[] {
  const nodes = management?.nodes.length ?? 0;
  const alone = (management?.queues ?? []).filter(({ members }) => members.length === 1);
  if (nodes < 2 || alone.length === 0) return [];
  const [first] = alone;
  return [
    found(
      first?.name ?? null,
      `${alone.length} quorum queues have one member in a cluster of ${nodes} nodes`,
      'rabbitmq-queues grow NODE all',
    ),
  ];
}
