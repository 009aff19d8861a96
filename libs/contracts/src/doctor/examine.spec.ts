import { describe, expect, test } from '@jest/globals';
import { broker, database, managed, management, member, node, queue, services } from '../../test/healthy-facts.js';
import type { BrokerReached, DatabaseReached, DoctorReport, ServiceFacts } from '../index.js';
import { doctorRules, examine } from '../index.js';
import type { DoctorFacts } from './examine.js';

const look = (facts: Partial<DoctorFacts> = {}): DoctorReport =>
  examine({ at: 0, version: '1.0.0', facts: { broker, database, services, ...facts }, skipped: [] });

const withBroker = (over: Partial<BrokerReached>): Partial<DoctorFacts> => ({ broker: { ...broker, ...over } });
const withDatabase = (over: Partial<DatabaseReached>): Partial<DoctorFacts> => ({ database: { ...database, ...over } });
const withServices = (over: Partial<ServiceFacts>): Partial<DoctorFacts> => ({ services: { ...services, ...over } });
const withManagement = (over: Partial<typeof management>) => withBroker({ management: { ...management, ...over } });
const withPolicy = (definition: Readonly<Record<string, unknown>>, name = 'reprise.queue.default') =>
  withManagement({ queues: [managed(name, { policy: 'theirs', definition })] });
const setting = (name: string) => withDatabase({ settings: { ...database.settings, [name]: 'off' } });

/** Each spoils one thing: the one rule, the word that must be told of it, and part of the way out. */
const SPOILED: readonly (readonly [rule: string, facts: Partial<DoctorFacts>, what: string, mend: string])[] = [
  ['broker.unreachable', { broker: { kind: 'unreachable', reason: 'connect ECONNREFUSED' } }, 'ECONNREFUSED', 'AMQP_URL'],
  ['broker.version', withBroker({ version: '3.9.13' }), '3.9.13', '3.10'],
  ['broker.version', withBroker({ version: '2.99.0' }), '2.99.0', '3.10'],
  ['broker.delivery_limit', withBroker({ version: '4.1.0' }), '20 deliveries', 'set_policy'],
  ['broker.delivery_limit', withPolicy({ 'delivery-limit': 5 }), '5 deliveries', 'list_policies'],
  ['broker.blocked', withBroker({ blocked: 'low on memory' }), 'low on memory', 'alarms'],
  ['broker.blocked', withManagement({ nodes: [node('rabbit@a', { memoryAlarm: true })] }), 'memory alarm', 'memory_breakdown'],
  ['broker.blocked', withManagement({ nodes: [node('rabbit@a', { diskAlarm: true })] }), 'disk alarm', 'disk_free_limit'],
  ['broker.blocked', withManagement({ nodes: [node('rabbit@a', { running: false })] }), 'down', 'rabbit@a'],
  ['broker.missing_queue', withBroker({ queues: [queue('reprise.inbox.3', { exists: false })] }), 'not there', 'restart'],
  ['broker.missing_exchange', withBroker({ missingExchanges: ['reprise.events'] }), 'not there', 'restart'],
  [
    'broker.topology_drift',
    withBroker({
      queues: [queue('reprise.trigger', { messages: 3, mismatch: { argument: 'x-queue-type', detail: 'classic' } })],
    }),
    'another x-queue-type: classic (3 messages',
    'REPRISE_MIGRATE_QUEUES',
  ],
  [
    'broker.topology_drift',
    withBroker({ mismatchedExchanges: [{ name: 'reprise.dead', detail: 'direct' }] }),
    'direct',
    'delete',
  ],
  ['broker.queue_type', withBroker({ queueType: 'classic' }), 'classic', 'unset'],
  [
    'broker.no_consumer',
    withBroker({ queues: [queue('reprise.inbox.0', { consumers: 0, messages: 8 })] }),
    '8 messages',
    'a scheduler',
  ],
  ['broker.no_consumer', withBroker({ queues: [queue('reprise.starts', { consumers: 0 })] }), 'nobody', 'a trigger'],
  ['broker.no_consumer', withBroker({ queues: [queue('reprise.dead', { consumers: 0 })] }), 'nobody', 'a monitor'],
  ['broker.policy_loses_messages', withPolicy({ 'max-length': 10 }), 'theirs sets max-length', 'list_policies'],
  ['broker.policy_loses_messages', withPolicy({ 'message-ttl': 10 }, 'reprise.delay.q0.1'), 'message-ttl', 'list_policies'],
  ['broker.consumer_timeout', withPolicy({ 'consumer-timeout': 30_000 }, 'reprise.inbox.0'), '30000 ms', 'list_policies'],
  ['broker.consumer_timeout', withPolicy({ 'consumer-timeout': 120_000 }), '300000 ms is the least', 'list_policies'],
  [
    'broker.missing_binding',
    withManagement({
      missingBindings: [{ source: 'reprise.events', destination: 'reprise.trigger', kind: 'queue', pattern: '#' }],
    }),
    'not bound to reprise.events with the key "#"',
    'restart',
  ],
  [
    'broker.queue_without_majority',
    withManagement({ queues: [managed('reprise.inbox.0', { online: ['rabbit@a'] })] }),
    '1 of its 3 members',
    'start the nodes',
  ],
  [
    'broker.lonely_quorum_queue',
    withManagement({ queues: [managed('reprise.inbox.0', { members: ['rabbit@a'], online: ['rabbit@a'] })] }),
    'one member in a cluster of 3',
    'rabbitmq-queues grow',
  ],
  [
    'broker.feature_flags',
    withManagement({ disabledFlags: ['stream_queue'] }),
    'stream_queue is off',
    'enable_feature_flag stream_queue',
  ],
  [
    'broker.file_handles',
    withManagement({ nodes: [node('a', { fileHandles: { used: 950, limit: 1_000 } })] }),
    '950 of 1000',
    'ulimit',
  ],

  ['database.unreachable', { database: { kind: 'unreachable', reason: 'no password' } }, 'no password', 'DATABASE_URL'],
  ['database.version', withDatabase({ version: 130_004 }), 'Postgres is 13', 'pg_upgrade'],
  ['database.read_only', withDatabase({ readOnly: { recovery: true, setting: false } }), 'standby', 'primary'],
  ['database.read_only', withDatabase({ readOnly: { recovery: false, setting: true } }), 'is on', 'alter system'],
  ['database.fsync_off', setting('fsync'), 'fsync', 'alter system set fsync = on'],
  ['database.full_page_writes_off', setting('full_page_writes'), 'full_page_writes', 'alter system'],
  ['database.synchronous_commit_off', setting('synchronous_commit'), 'synchronous_commit', 'alter system'],
  ['database.autovacuum_off', setting('autovacuum'), 'autovacuum', 'alter system'],
  ['database.autovacuum_off', setting('track_counts'), 'track_counts', 'alter system'],
  ['database.connections', withDatabase({ connections: { used: 90, most: 97, poolSize: 2 } }), '90 of 97', 'max_connections'],
  [
    'database.connections',
    withDatabase({ connections: { used: 60, most: 97, poolSize: 50 } }),
    '50 more',
    'REPRISE_DATABASE_POOL',
  ],
  ['database.transaction_pooling', withDatabase({ transactionPooling: true }), 'pooler', 'pool_mode = session'],
  ['database.session_settings', withDatabase({ droppedSettings: ['jit=off'] }), 'jit=off', 'ignore_startup_parameters'],
  [
    'database.long_transaction',
    withDatabase({
      transactions: [{ pid: 99, user: 'bob', application: 'psql', state: 'idle in transaction', ageMs: 3_600_000 }],
    }),
    'bob (psql), idle in transaction, has been open for 60 minutes',
    'pg_terminate_backend(99)',
  ],
  [
    'database.prepared_transaction',
    withDatabase({ prepared: [{ name: "o'x", ageMs: 3_600_000 }] }),
    '60 minutes',
    "rollback prepared 'o''x'",
  ],
  [
    'database.stuck_slot',
    withDatabase({ slots: [{ name: 'old', active: false, retainedBytes: 2_147_483_648, lost: false }] }),
    '2048 MiB',
    "pg_drop_replication_slot('old')",
  ],
  [
    'database.stuck_slot',
    withDatabase({ slots: [{ name: 'old', active: false, retainedBytes: 0, lost: true }] }),
    'lost',
    'pg_drop',
  ],
  ['database.wraparound', withDatabase({ xidAge: 1_500_000_000 }), '1500000000', 'vacuum freeze'],
  ['database.clock_skew', withDatabase({ clock: { offsetMs: -61_000, errorMs: 3 } }), '61000 ms behind', 'NTP'],
  ['database.pending_migrations', withDatabase({ pendingMigrations: ['Effect10'] }), 'Effect10', 'start one service'],
  ['database.newer_ledger', withDatabase({ unknownMigrations: ['Future99'] }), 'Future99', 'upgrade'],
  [
    'database.missing_index',
    withDatabase({
      missingIndexes: [{ name: 'task_watch', table: 'task', statement: 'create index task_watch on reprise.task (watch_at)' }],
    }),
    'task_watch on task is missing',
    'create index task_watch on reprise.task (watch_at);',
  ],
  [
    'database.invalid_index',
    withDatabase({ invalidIndexes: [{ name: 'run_open', table: 'run' }] }),
    'invalid',
    'reindex index concurrently',
  ],
  [
    'database.dead_rows',
    withDatabase({ tables: [{ name: 'task_1', live: 10, dead: 30_000 }] }),
    '30000 dead',
    'vacuum (analyze) reprise.task_1',
  ],
  [
    'database.partitions',
    withDatabase({ partitions: [{ table: 'run', weeksAhead: 1, strayRows: false }] }),
    'in 1 weeks',
    'monitor',
  ],
  [
    'database.partitions',
    withDatabase({ partitions: [{ table: 'run', weeksAhead: -3, strayRows: false }] }),
    'end now',
    'monitor',
  ],
  ['database.stray_rows', withDatabase({ partitions: [{ table: 'run', weeksAhead: 8, strayRows: true }] }), 'has rows', 'clock'],

  ['services.unreachable', { silentMonitor: { url: 'http://a', reason: 'refused' } }, 'refused', 'REPRISE_URL'],
  [
    'services.missing',
    withServices({ members: services.members.filter(({ service }) => service !== 'scheduler') }),
    'no scheduler',
    'apps/scheduler',
  ],
  ['services.versions', withServices({ version: '2.0.0' }), 'this is 2.0.0; trigger-1 is 1.0.0', 'upgrade'],
  ['services.no_leader', withServices({ leader: null }), 'no monitor leads', 'log'],
  [
    'services.stale_member',
    withServices({ members: [...services.members, member('executor-9', 'executor', { leaseMs: -40_000 })] }),
    '40 s',
    'why',
  ],
  [
    'services.clock_skew',
    withServices({ members: [...services.members, member('executor-9', 'executor', { clockOffsetMs: 5_000 })] }),
    '5000 ms ahead',
    'NTP',
  ],
  [
    'services.queue_without_executor',
    withServices({ queues: [{ name: 'gpu', waiting: 4, oldestMs: null, executors: 0, paused: null, workflows: ['shop'] }] }),
    '4 attempts wait in the queue gpu',
    'REPRISE_QUEUES=gpu',
  ],
  [
    'services.queue_without_executor',
    withServices({ queues: [{ name: 'gpu', waiting: null, oldestMs: 9_000, executors: 0, paused: null, workflows: [] }] }),
    'some attempts',
    'REPRISE_QUEUES=gpu',
  ],
  [
    'services.queue_nobody_reads',
    withServices({ queues: [{ name: 'gpu', waiting: 0, oldestMs: null, executors: 0, paused: null, workflows: ['shop'] }] }),
    'which shop would use',
    'REPRISE_QUEUES=gpu',
  ],
  [
    'services.unhosted_call',
    withServices({ unhosted: [{ call: 'pay', queue: 'default', workflows: ['shop'] }] }),
    'hosts pay',
    'REPRISE_HANDLERS',
  ],
  [
    'services.secret_unset',
    withServices({ secrets: [{ name: 'KEY', workflows: ['a', 'b', 'c', 'd', 'e', 'f'], known: false }] }),
    'a, b, c, d, e and 1 more',
    'REPRISE_SECRET_KEY',
  ],
  [
    'services.paused_queue',
    withServices({
      queues: [
        { name: 'q', waiting: 0, oldestMs: null, executors: 1, paused: { by: 'ann', at: 'noon', reason: 'bank' }, workflows: [] },
      ],
    }),
    'since noon by ann: bank',
    'reprise queue resume q',
  ],
  ['services.parked', withServices({ parked: [{ workflow: 'shop', tasks: 2 }] }), '2 tasks of shop', 'resolve'],
  ['services.dead_letters', withServices({ deadLetters: 3 }), '3 dead letters', 'reprise dlq list'],
];

test('a healthy installation gets no finding, and all rules were asked', () => {
  const report = look();
  expect(report.findings).toEqual([]);
  expect(report).toMatchObject({ verdict: 'ok', skipped: [], at: '1970-01-01T00:00:00.000Z', version: '1.0.0' });
  // Only the one about a monitor that was asked and did not answer is not among them.
  expect(report.checked).toBe(doctorRules().length - 1);
});

describe('what is wrong is found by its rule, and by no other', () => {
  test.each(SPOILED)('%s', (rule, facts, what, mend) => {
    const { findings, verdict } = look(facts);
    expect(findings.map((finding) => finding.rule)).toEqual([rule]);
    expect(findings[0]?.what).toContain(what);
    expect(findings[0]?.mend).toContain(mend);
    const known = doctorRules().find((each) => each.rule === rule);
    expect(findings[0]).toMatchObject({ severity: known?.severity, prevents: known?.prevents });
    expect(verdict).toBe(known?.severity);
  });

  test('every rule has its case', () => {
    const cases = new Set(SPOILED.map(([rule]) => rule));
    expect(
      doctorRules()
        .map(({ rule }) => rule)
        .filter((rule) => !cases.has(rule)),
    ).toEqual([]);
  });
});

test('errors come before warnings, whatever they are about', () => {
  const { findings, verdict } = look({
    ...withBroker({ queueType: 'classic' }),
    ...withServices({ leader: null, deadLetters: 1 }),
  });
  expect(findings.map(({ rule }) => rule)).toEqual(['services.no_leader', 'broker.queue_type', 'services.dead_letters']);
  expect(verdict).toBe('error');
});

test('all of a wiped broker is one finding, not a hundred', () => {
  const gone = Array.from({ length: 60 }, (_, index) => queue(`reprise.delay.q0.${index}`, { exists: false }));
  const { findings } = look(withBroker({ queues: gone }));
  expect(findings).toHaveLength(1);
  expect(findings[0]?.what).toBe(
    '60 queues are not there: reprise.delay.q0.0, reprise.delay.q0.1, reprise.delay.q0.2 and 57 more',
  );
});

test('a limit that is lifted by a policy is none', () => {
  const lifted = management.queues.map((one) => ({ ...one, definition: { 'delivery-limit': -1 } }));
  expect(look(withBroker({ version: '4.0.0', management: { ...management, queues: lifted } })).findings).toEqual([]);
});

test('what a broker does not say is no finding', () => {
  expect(look(withBroker({ version: null })).findings).toEqual([]);
  expect(look(withBroker({ version: 'next' })).findings).toEqual([]);
});

test('what cannot be seen is told as skipped, with the way to see it', () => {
  const { skipped, findings, checked } = look({
    ...withBroker({ management: null }),
    ...withDatabase({ activityHidden: true }),
    services: null,
  });
  expect(findings).toEqual([]);
  expect(skipped.map(({ enable }) => enable)).toEqual([
    expect.stringContaining('REPRISE_RABBITMQ_MANAGEMENT_URL'),
    expect.stringContaining('pg_read_all_stats'),
  ]);
  expect(checked).toBeLessThan(look().checked);
  expect(look({ broker: null, database: null, services: null })).toMatchObject({ verdict: 'ok', checked: 0, skipped: [] });
});
