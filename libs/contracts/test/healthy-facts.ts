import type {
  BrokerReached,
  DatabaseReached,
  ManagedQueue,
  ManagementFacts,
  MemberFacts,
  QueueFacts,
  ServiceFacts,
} from '../src/index.js';

/** An installation with which nothing is wrong: each test spoils one thing. */
export const queue = (name: string, over: Partial<QueueFacts> = {}): QueueFacts => ({
  name,
  taskQueue: null,
  exists: true,
  messages: 0,
  consumers: 1,
  mismatch: null,
  ...over,
});

export const managed = (name: string, over: Partial<ManagedQueue> = {}): ManagedQueue => ({
  name,
  policy: null,
  definition: {},
  members: ['rabbit@a', 'rabbit@b', 'rabbit@c'],
  online: ['rabbit@a', 'rabbit@b', 'rabbit@c'],
  ...over,
});

export const node = (name: string, over: Partial<ManagementFacts['nodes'][number]> = {}): ManagementFacts['nodes'][number] => ({
  name,
  running: true,
  memoryAlarm: false,
  diskAlarm: false,
  fileHandles: { used: 100, limit: 65_536 },
  ...over,
});

export const management: ManagementFacts = {
  nodes: [node('rabbit@a'), node('rabbit@b'), node('rabbit@c')],
  queues: [managed('reprise.inbox.0'), managed('reprise.queue.default'), managed('reprise.delay.q0.1')],
  missingBindings: [],
  disabledFlags: [],
};

export const broker: BrokerReached = {
  kind: 'reached',
  version: '3.13.2',
  product: 'RabbitMQ',
  blocked: null,
  queueType: 'quorum',
  queues: [
    queue('reprise.trigger'),
    queue('reprise.inbox.0'),
    queue('reprise.dead'),
    // Nobody reads the wheel, and a task queue may be unread: the services' rules know who should.
    queue('reprise.delay.q0.1', { consumers: 0 }),
    queue('reprise.queue.default', { taskQueue: 'default', consumers: 0 }),
    queue('reprise.queue.new', { taskQueue: 'new', exists: false, consumers: 0 }),
  ],
  missingExchanges: [],
  mismatchedExchanges: [],
  management,
  longestAttemptMs: { default: 300_000 },
};

export const database: DatabaseReached = {
  kind: 'reached',
  version: 150_020,
  settings: { fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on', autovacuum: 'on', track_counts: 'on' },
  readOnly: { recovery: false, setting: false },
  droppedSettings: [],
  transactionPooling: false,
  activityHidden: false,
  connections: { used: 40, most: 97, poolSize: 10 },
  pendingMigrations: [],
  unknownMigrations: [],
  missingIndexes: [],
  invalidIndexes: [],
  tables: [
    { name: 'task_20300107', live: 100_000, dead: 90_000 },
    // A small table that is written often looks like this all day.
    { name: 'member', live: 4, dead: 400 },
  ],
  partitions: [{ table: 'run', weeksAhead: 8, strayRows: false }],
  transactions: [{ pid: 7, user: 'app', application: 'reprise trigger', state: 'active', ageMs: 30 }],
  prepared: [{ name: 'young', ageMs: 1_000 }],
  slots: [
    { name: 'in-use', active: true, retainedBytes: 5_000_000_000, lost: false },
    { name: 'resting', active: false, retainedBytes: 1_000, lost: false },
  ],
  xidAge: 50_000_000,
  clock: { offsetMs: 12, errorMs: 2 },
};

export const member = (id: string, service: string, over: Partial<MemberFacts> = {}): MemberFacts => ({
  id,
  service,
  version: '1.0.0',
  clockOffsetMs: -3,
  leaseMs: 9_000,
  secrets: null,
  ...over,
});

export const services: ServiceFacts = {
  version: '1.0.0',
  leader: 'monitor-1',
  members: [
    member('trigger-1', 'trigger'),
    member('scheduler-1', 'scheduler'),
    member('monitor-1', 'monitor'),
    member('executor-1', 'executor', { secrets: ['API_KEY'] }),
    member('python-1', 'executor', { version: null, clockOffsetMs: null }),
  ],
  queues: [
    { name: 'default', waiting: 12, oldestMs: 4_000, executors: 2, paused: null, workflows: ['shop'] },
    { name: 'idle', waiting: 0, oldestMs: null, executors: 0, paused: null, workflows: [] },
  ],
  unhosted: [],
  secrets: [
    { name: 'API_KEY', workflows: ['shop'], known: true },
    { name: 'OTHER', workflows: ['shop'], known: null },
  ],
  parked: [],
  deadLetters: 0,
};
