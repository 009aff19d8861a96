import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { BrokerConnection } from '@reprise/broker';
import { DeadLetterStore, DependencyStore, EventStore, Gauges, MemberStore, QueueStore } from '@reprise/ledger';
import { Metrics, silentLogger, systemClock } from '@reprise/service';
import { TestBroker, TestDatabase } from '@reprise/testing';
import { ListQueues } from '../queues/list-queues.js';
import { type Figures, GlobalGauges } from './global-gauges.js';
import { Leader } from './leader.js';

const LEASE_MS = 60_000;
const broker = new TestBroker();
let db: TestDatabase;
let connection: BrokerConnection;

beforeAll(async () => {
  db = await TestDatabase.create();
  const topology = { prefix: broker.prefix, queueType: 'classic', wheelLevels: 1 } as const;
  connection = new BrokerConnection({ url: broker.url, topology, logger: silentLogger });
  await connection.start();
});
afterAll(async () => {
  await connection.close();
  await broker.end();
  await db.end();
});

/** A monitor's part in leading, by a clock that is moved by hand. */
function monitor(id: string) {
  const { database } = db;
  const metrics = new Metrics({ service: 'monitor', nodeDefaults: false });
  const members = new MemberStore(database);
  const queues = new ListQueues({ gauges: new Gauges(database), members, pauses: new QueueStore(database), connection });
  let whileReading: () => void = () => undefined;
  class Reading extends GlobalGauges {
    override async read(): Promise<Figures> {
      const figures = await super.read();
      whileReading();
      return figures;
    }
  }
  let nowMs = 0;
  const leader = new Leader({
    id,
    leaseMs: LEASE_MS,
    events: new EventStore(database),
    eventRetentionMs: LEASE_MS,
    members,
    database,
    gauges: new Reading(metrics, new Gauges(database), new DeadLetterStore(database), queues, new DependencyStore(database)),
    metrics,
    clock: { ...systemClock, monotonicMs: () => nowMs },
    logger: silentLogger,
  });
  return {
    leader,
    /** `leads` and how many series of global gauges there are. */
    shown: async () => {
      const text = await metrics.metricsText();
      const global = [...text.matchAll(/^reprise_(runs|executors|queue_depth)\{/gm)].length;
      return { leads: Number(/^reprise_leader\{role="monitor".*\} (\d)$/m.exec(text)?.[1]), global };
    },
    passes: (ms: number) => {
      nowMs += ms;
    },
    whileReading: (work: () => void) => {
      whileReading = work;
    },
  };
}

test('one of two monitors leads and shows what is global; the other says that it does not', async () => {
  const [one, two] = [monitor('one'), monitor('two')];
  expect(await two.shown()).toEqual({ leads: 0, global: 0 });
  await one.leader.round();
  await two.leader.round();
  await two.leader.showGauges();
  expect(await one.shown()).toEqual({ leads: 1, global: 3 });
  expect(await two.shown()).toEqual({ leads: 0, global: 0 });
  await one.leader.resign();
  expect(await one.shown()).toEqual({ leads: 0, global: 0 });
  await two.leader.round();
  expect(await two.shown()).toEqual({ leads: 1, global: 3 });
  await two.leader.resign();
});

test('the one that leads gives places of concurrency keys, which runs that are over have kept, to those that wait', async () => {
  const { leader, passes } = monitor('keeper');
  const left = () => db.query('select from reprise.slot');
  const leave = () =>
    db.query(
      `insert into reprise.slot (workflow, key, run_id, version, state, most)
       select 'w', 'k', gen_random_uuid(), gen_random_uuid(), 'held', 1`,
    );
  await leave();
  await leader.round();
  expect(await left()).toEqual([]);
  // So it does every now and then: a service of the version before may still leave some.
  await leave();
  passes(LEASE_MS / 2);
  await leader.round();
  expect(await left()).toHaveLength(1);
  passes(600_000);
  await leader.round();
  expect(await left()).toEqual([]);
  await leader.resign();
});

test('a leader that was stopped past its lease shows nothing from then on, though nobody has told it', async () => {
  const stopped = monitor('stopped');
  await stopped.leader.round();
  expect(await stopped.shown()).toEqual({ leads: 1, global: 3 });
  stopped.passes(LEASE_MS);
  expect(await stopped.shown()).toEqual({ leads: 0, global: 0 });
  await stopped.leader.showGauges();
  expect(await stopped.shown()).toEqual({ leads: 0, global: 0 });
  await stopped.leader.round();
  expect(await stopped.shown()).toEqual({ leads: 1, global: 3 });
  stopped.whileReading(() => stopped.passes(LEASE_MS));
  await stopped.leader.showGauges();
  expect(await stopped.shown()).toEqual({ leads: 0, global: 0 });
  await stopped.leader.round();
  await stopped.leader.resign();
});

test('executors are counted by queue, and a queue where attempts wait for one that is not there has none', async () => {
  const { leader } = monitor('counting');
  const members = new MemberStore(db.database);
  const info = (...queues: readonly string[]) => ({ queues: Object.fromEntries(queues.map((queue) => [queue, {}])) });
  await members.renew('x', 'executor', info('default', 'gpu'), LEASE_MS);
  await members.renew('y', 'executor', info('default'), LEASE_MS);
  await members.renew('gone', 'executor', info('old'), 0);
  await db.query(
    `insert into reprise.task (run_id, node, at, status, attempt, fence, queue, created_at, queued_at, watch_at, input)
     values ($1, 0, '', 'ready', 1, 1, 'nobody', now(), now(), now() + interval '10 seconds', '{}')`,
    [systemClock.uuidv7()],
  );
  const metrics = new Metrics({ service: 'monitor', nodeDefaults: false });
  const gauges = new Gauges(db.database);
  const queues = new ListQueues({ gauges, members, pauses: new QueueStore(db.database), connection });
  const shown = new GlobalGauges(metrics, gauges, new DeadLetterStore(db.database), queues, new DependencyStore(db.database));
  shown.show(await shown.read());
  const text = await metrics.metricsText();
  const found = [...text.matchAll(/^reprise_executors\{queue="(\w+)",service="monitor"\} (\d+)$/gm)];
  expect(found.map(([, queue, count]) => `${queue} ${count}`)).toEqual(['default 2', 'gpu 1', 'nobody 0']);
  await leader.resign();
});
