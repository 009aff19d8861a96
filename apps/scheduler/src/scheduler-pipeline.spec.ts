import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { BrokerConnection, type Delivery } from '@reprise/broker';
import { type AttemptTicket, decodeAttempts, encodeAlarm, encodeInbox, type InboxItem } from '@reprise/contracts';
import { fence, type JsonText, type Outcome, type RunId } from '@reprise/core';
import { createServiceContext, Metrics, readSettings, silentLogger } from '@reprise/service';
import { eventually, TestBroker } from '@reprise/testing';
import { reported, SchedulerUnderTest, succeeded } from '../test/scheduler-under-test.js';
import { AdvanceBatch } from './advance/advance-batch.js';
import type { Advanced } from './advance/advanced.js';
import { countFacts } from './advance/count-facts.js';
import type { Received } from './advance/received.js';
import { RunInboxConsumer } from './run-inbox.consumer.js';
import { SchedulerPipeline } from './scheduler-pipeline.js';
import { TimersConsumer } from './timers.consumer.js';

const CHAIN = 'workflow: chain\ntasks: [{ id: a, call: shop.a }, { id: b, call: shop.b }]';
const ONE = 'workflow: one\ntasks: { a: { call: shop.a } }';
const RETRIED = 'workflow: retried\ntasks: { a: { call: shop.a, retry: { initialInterval: 100ms, jitter: none } } }';
const broker = new TestBroker();
const metrics = new Metrics({ service: 'scheduler', nodeDefaults: false });
let scheduler: SchedulerUnderTest;
let connection: BrokerConnection;
let pipeline: SchedulerPipeline;

beforeAll(async () => {
  scheduler = await SchedulerUnderTest.create();
  const topology = { prefix: broker.prefix, queueType: 'quorum', wheelLevels: 1 } as const;
  connection = new BrokerConnection({ url: broker.url, topology, logger: silentLogger });
  await connection.start();
  await connection.ensureTaskQueue('default');
  const settings = readSettings({ DATABASE_URL: scheduler.db.url }, 'scheduler');
  pipeline = new SchedulerPipeline(
    createServiceContext('scheduler', settings, { logger: silentLogger, metrics }),
    scheduler.db.database,
    connection,
  );
  await pipeline.start();
});
afterAll(async () => {
  await pipeline.stop();
  await connection.close();
  await broker.end(['default']);
  await scheduler.end();
});

const submit = (items: readonly InboxItem[], redelivered = false): Promise<void> =>
  pipeline.submit(items.map((item) => ({ item, redelivered })));
const told = async (): Promise<readonly AttemptTicket[]> =>
  (await broker.take(broker.names.taskQueue('default'))).flatMap((body) => {
    const decoded = decodeAttempts(body);
    return decoded.kind === 'ok' ? decoded.value : [];
  });
const letters = () =>
  scheduler.db.query<{ queue: string; reason: string; body: Buffer }>(
    'select queue, reason, body from reprise.dead_letter order by id',
  );
const working = async (document: string) => {
  const { run, tickets } = await scheduler.start(document);
  return { run, work: await scheduler.claimOne(tickets) };
};
function carrying(body: string, redelivered = false): Delivery {
  const properties = {
    messageId: undefined,
    type: undefined,
    contentType: undefined,
    contentEncoding: undefined,
    appId: undefined,
    correlationId: undefined,
    replyTo: undefined,
    timestamp: undefined,
    headers: {},
  };
  return { body: Buffer.from(body), exchange: 'x', routingKey: '1', redelivered, properties };
}
const isAnnounced = async (run: RunId): Promise<boolean> => {
  const [row] = await scheduler.db.query<{ announced: boolean }>('select announced from reprise.run where id = $1', [run]);
  return row?.announced === true;
};

test('what is submitted is committed and told when it resolves', async () => {
  const { run, work } = await working(CHAIN);
  await submit([reported(work, succeeded())]);
  expect(await told()).toMatchObject([{ run, call: 'shop.b', attempt: 1 }]);
});

test('a told end is written down soon, even when nothing else happens', async () => {
  const { run, work } = await working(ONE);
  await submit([reported(work, succeeded())]);
  await eventually(() => isAnnounced(run), { what: 'the end written down as told' });
});

describe('one bad row', () => {
  const bad: Outcome = { kind: 'succeeded', output: '{"broken":' as JsonText };

  test('never blocks its batch: the others go on, it is kept with its reason, and its run fails as INTERNAL', async () => {
    const good = await Promise.all(Array.from({ length: 5 }, () => working(CHAIN)));
    const poisoned = await working(CHAIN);
    const items = good.map(({ work }) => reported(work, succeeded()));
    await submit([...items.slice(0, 2), reported(poisoned.work, bad), ...items.slice(2)]);
    expect(new Set((await told()).map(({ run }) => run))).toEqual(new Set(good.map(({ run }) => run)));
    const [letter] = await letters();
    expect(letter).toMatchObject({ queue: 'inbox', reason: expect.stringContaining('json') });
    expect(JSON.parse(letter?.body.toString('utf8') ?? '')).toMatchObject([{ kind: 'outcome', run: poisoned.run }]);
    expect(await scheduler.run(poisoned.run)).toMatchObject({ error: null });
    await submit([reported(poisoned.work, { kind: 'cancelled' })]);
    const ended = await scheduler.run(poisoned.run);
    expect(ended.status).toBe('failed');
    expect(JSON.parse(ended.error ?? '')).toMatchObject({ code: 'INTERNAL', message: expect.stringContaining('dead letter') });
    expect(await metrics.metricsText()).toMatch(
      /reprise_runs_finished_total\{[^}]*workflow="chain"[^}]*status="failed"[^}]*\} 1/,
    );
  });
});

test('a run that cannot be failed for now is not left with its input taken: it comes again', async () => {
  const { run, work } = await working(CHAIN);
  // Full as soon as the input is kept as a dead letter, which is when its run is to fail.
  await scheduler.db.query(
    `create function reprise.no_room() returns trigger language plpgsql as $$
     begin
       if exists (select from reprise.dead_letter where position(new.id::text in convert_from(body, 'UTF8')) > 0) then
         raise 'full' using errcode = 'disk_full';
       end if;
       return new;
     end $$;
     create trigger no_room before update on reprise.run for each row execute function reprise.no_room()`,
  );
  const items = [reported(work, { kind: 'succeeded', output: '{"broken":' as JsonText })];
  await expect(submit(items)).rejects.toThrow('full');
  await scheduler.db.query('drop trigger no_room on reprise.run');
  await submit(items);
  await submit([reported(work, { kind: 'cancelled' })]);
  expect((await scheduler.run(run)).status).toBe('failed');
});

describe('an alarm', () => {
  test('that rings begins the next attempt; the same again changes nothing, unless the broker brings it again', async () => {
    const { run, work } = await working(RETRIED);
    const error = { code: 'X', message: 'x' };
    await submit([reported(work, { kind: 'failed', error, retryable: null, retryAfterMs: null })]);
    const [row] = await scheduler.db.query<{ fence: number; due: number }>(
      'select fence, reprise.ms(due_at) as due from reprise.task where run_id = $1',
      [run],
    );
    const { node, at, version } = work.ticket;
    const timers = new TimersConsumer(pipeline);
    const alarm = { run, version, node, at, fence: fence(Number(row?.fence)), dueAt: row?.due ?? 0 };
    expect(await told()).toEqual([]);
    await timers.ring(carrying(encodeAlarm(alarm), false));
    const [ticket] = await told();
    expect(ticket).toMatchObject({ run, attempt: 2 });
    await timers.ring(carrying(encodeAlarm(alarm), false));
    expect(await told()).toEqual([]);
    await timers.ring(carrying(encodeAlarm(alarm), true));
    expect(await told()).toEqual([ticket]);
  });
});

test('messages that cannot be read are kept once, however often their batch comes, and the rest of the batch counts', async () => {
  const before = (await letters()).length;
  const inbox = new RunInboxConsumer(pipeline, { took: () => undefined });
  const { run, work } = await working(CHAIN);
  const batch = [carrying('nonsense'), carrying(encodeInbox([reported(work, succeeded())])), carrying('{"v":2,"items":[]}')];
  await inbox.take(batch);
  await inbox.take(batch);
  expect(await told()).toMatchObject([
    { run, call: 'shop.b' },
    { run, call: 'shop.b' },
  ]);
  await new TimersConsumer(pipeline).ring(carrying('{"v":1,"alarms":[]}'));
  expect((await letters()).slice(before)).toMatchObject([
    { queue: 'inbox', reason: expect.stringContaining('JSON') },
    { queue: 'inbox', reason: 'unsupported message version 2' },
    { queue: 'timers', reason: '`alarms` must hold one alarm' },
  ]);
});

test('an outcome that the broker brings again is told again', async () => {
  const inbox = new RunInboxConsumer(pipeline, { took: () => undefined });
  const { work } = await working(CHAIN);
  const body = encodeInbox([reported(work, succeeded())]);
  await inbox.take([carrying(body)]);
  const first = await told();
  await inbox.take([carrying(body, true)]);
  expect(await told()).toEqual(first);
});

test('so is one that is handed over again: it may be committed though nobody was told', async () => {
  const inbox = new RunInboxConsumer(pipeline, { took: () => undefined });
  const { work } = await working(CHAIN);
  const delivery = carrying(encodeInbox([reported(work, succeeded())]));
  await inbox.take([delivery]);
  const first = await told();
  await inbox.take([delivery]);
  expect(first).toHaveLength(1);
  expect(await told()).toEqual(first);
});

describe('a batch', () => {
  const refused = Object.assign(new Error('refused'), { code: '22P02' });
  const away = Object.assign(new Error('away'), { code: 'ECONNREFUSED' });
  const received = (run: string): Received => ({
    item: { kind: 'look', run, version: run } as unknown as InboxItem,
    redelivered: false,
  });

  const ENDED = { kind: 'run-ended', status: 'succeeded', durationMs: 1, endedAt: 1 };
  let counted: Metrics;
  const finished = async () =>
    Number(/^reprise_runs_finished_total\{workflow="w",status="succeeded",.* (\d+)$/m.exec(await counted.metricsText())?.[1]);

  /** Fails whole; alone, each run as told. */
  function batch(fates: Readonly<Record<string, Error>>, together: Error = refused, burying: Error | null = null) {
    const log: string[] = [];
    counted = new Metrics({ service: 'scheduler', nodeDefaults: false });
    const options = {
      observe: (advanced: readonly Advanced[]) => countFacts(counted, advanced),
      logger: silentLogger,
      bury: async (items: readonly Received[]) => {
        if (burying !== null) throw burying;
        log.push(`buried ${items.map(({ item }) => item.run)}`);
      },
      publisher: {
        takeAnnounced: () => ['r-announced' as RunId],
        keepAnnounced: (ids: readonly RunId[]) => void log.push(`kept ${ids}`),
        publish: async (advanced: readonly Advanced[]) => void log.push(`told ${advanced.map(({ run }) => run.id)}`),
      },
      runs: {
        advance: async (items: readonly Received[], announced: readonly RunId[]) => {
          if (announced.length > 0) throw together;
          const run = items[0]?.item.run ?? '';
          const fate = fates[run];
          if (fate !== undefined) throw fate;
          return [
            {
              run: { id: run },
              workflow: { name: 'w' },
              decision: { facts: [ENDED], messages: [] },
              outgoing: [],
              staleOutcomes: [],
            },
          ] as unknown as readonly Advanced[];
        },
      },
    };
    return { log, process: (runs: readonly string[]) => new AdvanceBatch(options).process(runs.map(received)) };
  }

  test('that is refused is replayed run by run, in order; what fails alone is buried; told ends are not forgotten', async () => {
    const { log, process } = batch({ r2: refused });
    await (await process(['r1', 'r2', 'r1', 'r3'])).done;
    expect(log).toEqual(['kept r-announced', 'buried r2', 'told r1,r3']);
    expect(await finished()).toBe(2);
  });

  test('whose replay meets an absent database tells and counts what it has committed, and is the caller’s to try again', async () => {
    const { log, process } = batch({ r2: away });
    await expect(process(['r1', 'r2', 'r3'])).rejects.toBe(away);
    expect(log).toEqual(['kept r-announced', 'told r1']);
    expect(await finished()).toBe(1);
  });

  test('so does one whose poison cannot be stored', async () => {
    const { log, process } = batch({ r2: refused }, refused, away);
    await expect(process(['r1', 'r2', 'r3'])).rejects.toBe(away);
    expect(log).toEqual(['kept r-announced', 'told r1']);
    expect(await finished()).toBe(1);
  });

  test('that meets an absent database is not replayed', async () => {
    const { log, process } = batch({}, away);
    await expect(process(['r1'])).rejects.toBe(away);
    expect(log).toEqual(['kept r-announced']);
  });
});
