import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { BrokerConnection, Publisher } from '@reprise/broker';
import { decodeInbox, type InboxItem } from '@reprise/contracts';
import { fence, parseDocument, type RunId, runId, startRun, toJsonText, type VersionId, versionId } from '@reprise/core';
import { Gauges, MemberStore, NoticeStore, StartStore, WatchStore, WorkflowStore } from '@reprise/ledger';
import { Metrics, silentLogger, systemClock } from '@reprise/service';
import { TestBroker, TestDatabase } from '@reprise/testing';
import { ReportDue } from './report-due.js';

const parsed = parseDocument('workflow: watched\ntasks:\n  one: { call: a.b, queue: work }\n');
if (parsed.kind === 'bad') throw new Error(JSON.stringify(parsed.problems));
const { workflow, document } = parsed;

const broker = new TestBroker();
let db: TestDatabase;
let connection: BrokerConnection;
let publisher: Publisher;
let version: VersionId;
let metrics: Metrics;

beforeAll(async () => {
  db = await TestDatabase.create();
  version = versionId(systemClock.uuidv7());
  await new WorkflowStore(db.database).register(version, 'watched', null, document);
  const topology = { prefix: broker.prefix, queueType: 'classic', wheelLevels: 0, taskQueues: ['work'] } as const;
  connection = new BrokerConnection({ url: broker.url, topology, logger: silentLogger });
  await connection.start();
  publisher = new Publisher(connection, { logger: silentLogger });
});
beforeEach(async () => {
  metrics = new Metrics({ service: 'monitor', nodeDefaults: false });
  await db.query('truncate reprise.run, reprise.task, reprise.member, reprise.command, reprise.notice');
  await inbox();
});
afterAll(async () => {
  await publisher.close();
  await connection.close();
  await broker.end(['work']);
  await db.end();
});

const watcher = (): ReportDue =>
  new ReportDue({
    watch: new WatchStore(db.database),
    notices: new NoticeStore(db.database),
    gauges: new Gauges(db.database),
    members: new MemberStore(db.database),
    connection,
    publisher,
    metrics,
    logger: silentLogger,
  });

async function startRuns(count: number): Promise<readonly RunId[]> {
  const limits = { maxInputBytes: 1e6, maxOutputBytes: 1e6, maxItems: 1e5 };
  const starts = Array.from({ length: count }, () => {
    const id = runId(systemClock.uuidv7());
    const { run, tasks, attempts } = startRun(
      workflow,
      { id, input: toJsonText({}), labels: {} },
      { now: Date.now(), units: [], limits },
    );
    return { run, version, workflow: 'watched', trigger: 'api', key: null, tasks, attempts };
  });
  await new StartStore(db.database).insertRuns(starts);
  return starts.map((start) => start.run.id);
}

async function inbox(): Promise<readonly (readonly InboxItem[])[]> {
  const bodies = await broker.take(...Array.from({ length: 8 }, (_, shard) => connection.names.inboxQueue(shard)));
  return bodies.map((body) => {
    const decoded = decodeInbox(body);
    if (decoded.kind === 'bad') throw new Error(decoded.reason);
    return decoded.value;
  });
}

const overdue = (columns: string) => db.query(`update reprise.task set watch_at = now() - interval '1 second' ${columns}`);
const EXPIRED = `, status = 'running', claim = gen_random_uuid(), executor = 'gone', lease_until = now() - interval '1 second'`;
const reconciled = async (kind: string): Promise<number> =>
  Number(new RegExp(`reprise_reconciled_total\\{[^}]*kind="${kind}"[^}]*\\} (\\d+)`).exec(await metrics.metricsText())?.[1] ?? 0);

describe('what is stuck is reported to its run', () => {
  test('an expired lease, once, and armed again so that a lost report comes again', async () => {
    const [run] = await startRuns(1);
    await overdue(EXPIRED);
    expect(await watcher().scan()).toBe('rest');
    expect(await inbox()).toEqual([[{ kind: 'wake', run, version, node: 0, at: '', fence: 1 }]]);
    expect(await reconciled('lease')).toBe(1);
    await watcher().scan();
    expect(await inbox()).toEqual([]);
    const [row] = await db.query<{ later: boolean }>('select watch_at > now() as later from reprise.task');
    expect(row?.later).toBe(true);
  });

  test('a lease that was renewed is not', async () => {
    await startRuns(1);
    await overdue(`, status = 'running', claim = gen_random_uuid(), lease_until = now() + interval '1 minute'`);
    await watcher().scan();
    expect(await inbox()).toEqual([]);
  });

  test('1,200 of them by two watchers: each exactly once, packed by shard, at most 100 a message, asked on while scans are full', async () => {
    const runs = await startRuns(1_200);
    await overdue(EXPIRED);
    const began = systemClock.monotonicMs();
    const drain = async (one: ReportDue): Promise<void> => {
      while ((await one.scan()) === 'again');
    };
    await Promise.all([drain(watcher()), drain(watcher())]);
    // What nobody acts on is reported again after 5 s: a machine that takes so long may bring it once in each of them.
    const atMost = 1 + Math.floor((systemClock.monotonicMs() - began) / 5_000);
    const messages = await inbox();
    expect(messages.every((items) => items.length <= 100)).toBe(true);
    expect(messages.length).toBeLessThan(60 * atMost);
    const times = new Map<string, number>();
    for (const { run } of messages.flat()) times.set(run, (times.get(run) ?? 0) + 1);
    expect([...times.keys()].sort()).toEqual([...runs].sort());
    expect(Math.max(...times.values())).toBeLessThanOrEqual(atMost);
    expect(await reconciled('lease')).toBe(messages.flat().length);
  });

  test('a run past its time, one that has ended unannounced, and a command whose message was lost', async () => {
    const [late, ended, asked] = await startRuns(3);
    await db.query(`update reprise.run set watch_at = now() where id = $1`, [late]);
    await db.query(
      `update reprise.run set watch_at = now(), status = 'failed', ended_at = now(), announced = false where id = $1`,
      [ended],
    );
    await db.query(
      `insert into reprise.command (id, run_id, kind, payload, created_at) values (gen_random_uuid(), $1, 'cancel', '{}', now() - interval '6 seconds')`,
      [asked],
    );
    await watcher().scan();
    const looks = (await inbox()).flat();
    expect(looks.map((item) => [item.kind, item.run]).sort()).toEqual([late, ended, asked].map((run) => ['look', run]).sort());
    expect([await reconciled('overdue'), await reconciled('unannounced'), await reconciled('command')]).toEqual([1, 1, 1]);
  });
});

describe('a notice', () => {
  const notice = (run: RunId, node: number) => ({ run, version, node, at: '', fence: fence(node < 0 ? 0 : 2) });
  const overdueNotices = () => db.query(`update reprise.notice set look_at = now() - interval '1 second'`);

  test('that nobody has looked at is told again, to an instance or to the run, and armed again', async () => {
    const [one, other] = await startRuns(2);
    if (one === undefined || other === undefined) throw new Error('no runs');
    await new NoticeStore(db.database).insert([notice(one, 0), notice(other, -1)]);
    await watcher().scan();
    expect(await inbox()).toEqual([]);
    await overdueNotices();
    await watcher().scan();
    const items = (await inbox()).flat();
    expect(items).toHaveLength(2);
    expect(items).toContainEqual({ kind: 'wake', run: one, version, node: 0, at: '', fence: 2 });
    expect(items).toContainEqual({ kind: 'look', run: other, version });
    expect(await reconciled('notice')).toBe(2);
    await watcher().scan();
    expect(await inbox()).toEqual([]);
  });

  test('to a run that has ended, or is gone, goes', async () => {
    const [ended] = await startRuns(1);
    if (ended === undefined) throw new Error('no run');
    await db.query(`update reprise.run set status = 'failed', ended_at = now() where id = $1`, [ended]);
    await new NoticeStore(db.database).insert([notice(ended, 0), notice(runId(systemClock.uuidv7()), -1)]);
    await overdueNotices();
    await watcher().scan();
    expect(await inbox()).toEqual([]);
    expect(await db.query('select * from reprise.notice')).toEqual([]);
  });
});

describe('an attempt nobody has claimed', () => {
  test('is reported when its queue is empty: its message was lost', async () => {
    await startRuns(1);
    await overdue(`, queued_at = now() - interval '1 minute'`);
    await watcher().scan();
    expect((await inbox()).flat()).toHaveLength(1);
    expect(await reconciled('ticket')).toBe(1);
  });

  describe('while its queue is not empty', () => {
    beforeEach(() =>
      broker.channel(async (channel) => channel.sendToQueue(connection.names.taskQueue('work'), Buffer.from('{}'))),
    );
    const readUntil = (ms: number | null) =>
      new MemberStore(db.database).renew('ex', 'executor', { queues: { work: { readUntil: ms } }, handlers: [] }, 60_000);

    test('is left alone when nobody has read that far: a long queue is not a lost message', async () => {
      await startRuns(1);
      await overdue(`, queued_at = now() - interval '1 minute'`);
      await readUntil(Date.now() - 120_000);
      await watcher().scan();
      expect(await inbox()).toEqual([]);
    });

    test('is left alone when no executor lives: copies would only make the queue longer', async () => {
      await startRuns(1);
      await overdue(`, queued_at = now() - interval '1 minute'`);
      await watcher().scan();
      expect(await inbox()).toEqual([]);
    });

    test('is reported when the queue was read 5 s past it', async () => {
      await startRuns(1);
      await overdue(`, queued_at = now() - interval '1 minute'`);
      await readUntil(Date.now());
      await watcher().scan();
      expect((await inbox()).flat()).toHaveLength(1);
    });

    test('is left alone in a lane that does not exist: what was meant for it waits in its queue', async () => {
      await startRuns(1);
      await overdue(`, queue = 'work.retry', queued_at = now() - interval '1 minute'`);
      await readUntil(Date.now() - 120_000);
      await watcher().scan();
      expect(await inbox()).toEqual([]);
      await overdue('');
      await readUntil(Date.now());
      await watcher().scan();
      expect((await inbox()).flat()).toHaveLength(1);
    });

    test('is reported when its own lane is empty, whatever waits in others', async () => {
      await connection.ensureTaskQueue('work.high');
      await startRuns(1);
      await overdue(`, queue = 'work.high', queued_at = now() - interval '1 minute'`);
      await readUntil(Date.now() - 120_000);
      await watcher().scan();
      expect((await inbox()).flat()).toHaveLength(1);
    });
  });
});
