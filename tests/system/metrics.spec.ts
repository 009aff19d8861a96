import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { METRICS_TABLE } from '@reprise/service';
import { eventually, ServiceProcess } from '@reprise/testing';
import { Installation } from './installation.js';
import { Traffic } from './metrics-traffic.js';
import { declaredIn, FETCHED_WITHIN_MS, lint, Scraped } from './scraped.js';

const NAMES = ['trigger', 'scheduler', 'executor', 'monitor'] as const;

let reprise: Installation;
beforeAll(async () => {
  reprise = await Installation.running({ lease: '5s', env: { REPRISE_QUEUE_TYPE: 'classic' } });
  await reprise.start('trigger', 'scheduler');
  await reprise.start('monitor');
  // It dies with one of its attempts: what it has counted until then is nobody's.
  await reprise.startOne('executor', { restart: true, env: { REPRISE_QUEUES: 'deadly', TEST_HANDLERS: 'crash' } }).ready();
});
afterAll(() => reprise.end());

const scrape = () => Scraped.from(NAMES.flatMap((name) => reprise.all(name).map(({ url }) => url)));

/** As `Scraped.by` shows it. */
async function ledger(sql: string): Promise<Readonly<Record<string, number>>> {
  const rows = await reprise.database.query<{ key: string; count: string }>(`${sql} group by 1 order by 1`);
  return Object.fromEntries(
    rows.map(({ key, count }) => [key, Number(count)]).sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  );
}

/** All but a success at the first try have a record. */
const ATTEMPTS = `
  select concat_ws(' ', r.workflow, a.outcome) as key, count(*) from (
    select run_id, outcome from reprise.attempt
    union all
    select run_id, 'succeeded' from reprise.task where status = 'succeeded' and attempt = 1 and queue is not null
  ) as a join reprise.run as r on r.id = a.run_id`;

/** What metrics and ledger say of the same, at a moment when all of it has been counted. */
async function compare(traffic: Traffic): Promise<Scraped> {
  const shown = await scrape();
  await compareRuns(shown);
  await compareEvents(shown, traffic);
  await compareRetriesAndSchedules(shown);
  await compareQueues(shown, traffic);
  // No metric is without a value.
  const valued = (name: string) => [name, `${name}_count`].some((each) => shown.sum(each) !== null);
  expect(Object.keys(METRICS_TABLE).filter((name) => !valued(name))).toEqual([]);
  return shown;
}

async function compareRuns(shown: Scraped): Promise<void> {
  expect(shown.by('reprise_runs_started_total', 'workflow', 'trigger')).toEqual(
    await ledger(`select concat_ws(' ', workflow, trigger) as key, count(*) from reprise.run`),
  );
  const ended = `from reprise.run where ended_at is not null`;
  expect(shown.by('reprise_runs_finished_total', 'workflow', 'status')).toEqual(
    await ledger(`select concat_ws(' ', workflow, status) as key, count(*) ${ended}`),
  );
  expect(shown.by('reprise_run_duration_seconds_count', 'workflow')).toEqual(
    await ledger(`select workflow as key, count(*) ${ended}`),
  );
  expect(shown.by('reprise_attempts_total', 'workflow', 'outcome')).toEqual(await ledger(ATTEMPTS));
  const outcomes = Object.keys(shown.by('reprise_attempts_total', 'outcome'));
  expect(outcomes).toEqual(expect.arrayContaining(['succeeded', 'failed', 'timeout', 'lost', 'cancelled', 'in_doubt']));
  expect(shown.by('reprise_runs', 'status')).toEqual(
    await ledger(`select status as key, count(*) from reprise.run where ended_at is null`),
  );
  expect(shown.by('reprise_tasks_parked', 'workflow')).toEqual(
    await ledger(
      `select r.workflow as key, count(*) from reprise.task as t join reprise.run as r on r.id = t.run_id where t.parked_at is not null`,
    ),
  );
}

async function compareEvents(shown: Scraped, traffic: Traffic): Promise<void> {
  const { rejected = 0, ...others } = await ledger('select outcome as key, count(*) from reprise.trigger_event');
  // Of a known id there is a row already; what cannot be read has none.
  expect(shown.by('reprise_trigger_events_total', 'outcome')).toEqual({
    ...others,
    conflict: (others['conflict'] ?? 0) + traffic.conflicts,
    duplicate: traffic.duplicates,
    rejected: rejected + traffic.unreadable,
  });
  expect(shown.by('reprise_duplicates_suppressed_total', 'kind')).toMatchObject({
    event: traffic.duplicates,
    run_key: 1,
    idempotency_key: 1,
    // One is the test's; the watch sends those again that a busy executor is long in taking.
    ticket: expect.any(Number),
  });
  expect(shown.sum('reprise_stale_writes_rejected_total')).toBeGreaterThanOrEqual(1);
}

async function compareRetriesAndSchedules(shown: Scraped): Promise<void> {
  const [{ retries, missed, fired, newest } = { retries: 0, missed: 0, fired: 0, newest: 0 }] = await reprise.database.query<
    Record<'retries' | 'missed' | 'fired' | 'newest', number>
  >(
    `select (select count(*)::int from reprise.attempt where error->>'code' = 'FLAKY' and verdict->>'action' = 'retry') as retries,
     (select sum(missed)::int from reprise.schedule) as missed,
     (select count(*)::int from reprise.run where trigger = 'schedule') as fired,
     (select extract(epoch from max(ended_at))::float8 from reprise.run where workflow = 'fine' and status = 'succeeded') as newest`,
  );
  expect(retries).toBeGreaterThan(0);
  expect(shown.sum('reprise_retries_total', { reason: 'FLAKY', call: 'flaky' })).toBe(retries);
  expect(shown.sum('reprise_retry_lateness_seconds_count')).toBeGreaterThanOrEqual(retries);
  expect(shown.sum('reprise_attempt_duration_seconds_count', { call: 'flaky' })).toBeGreaterThan(retries);
  expect(shown.sum('reprise_schedule_missed_total')).toBe(missed);
  expect(missed).toBeGreaterThan(0);
  expect(shown.sum('reprise_schedule_lateness_seconds_count')).toBe(fired);
  expect(fired).toBeGreaterThan(0);
  const success = shown.sum('reprise_workflow_last_success_timestamp_seconds', { workflow: 'fine' }) ?? 0;
  expect(Math.abs(success - newest)).toBeLessThanOrEqual(1);
  expect(shown.sum('reprise_workflow_last_success_timestamp_seconds', { workflow: 'failing' })).toBeNull();
}

async function compareQueues(shown: Scraped, traffic: Traffic): Promise<void> {
  expect(shown.sum('reprise_dead_letters')).toBe(traffic.letters);
  expect(shown.sum('reprise_queue_depth', { queue: 'nobody' })).toBe(1);
  expect(shown.sum('reprise_queue_oldest_age_seconds', { queue: 'nobody' })).toBeGreaterThan(0);
  expect(shown.sum('reprise_queue_wait_seconds_count', { queue: 'default' })).toBeGreaterThan(0);
  // One that has died counts until its lease is over.
  expect(shown.by('reprise_executors', 'queue')).toEqual({ default: 1, deadly: 1 });
  expect(shown.sum('reprise_executors', { queue: 'nobody' })).toBe(0);
  expect(shown.sum('reprise_executor_slots')).toBe(100);
  expect(shown.sum('reprise_reconciled_total', { kind: 'lease' })).toBeGreaterThanOrEqual(1);
  const processes = NAMES.flatMap((name) => reprise.all(name)).length;
  expect(shown.by('reprise_dependency_up', 'dependency')).toEqual({ postgres: processes, rabbitmq: processes });
  expect(shown.sum('reprise_broker_blocked')).toBe(0);
  expect(shown.sum('reprise_build_info')).toBe(processes);
}

test(
  'every metric says of real traffic what the ledger says of it',
  async () => {
    const traffic = new Traffic(reprise);
    await traffic.all();
    const shown = await reprise.orTell(
      eventually(() => compare(traffic), { what: 'the metrics to say what the ledger says', timeoutMs: 150_000 }),
    );
    for (const text of shown.texts) expect(lint(text)).toBe('');
  },
  2 * FETCHED_WITHIN_MS,
);

test('of two monitors one leads, and another when that one is stopped past its lease; what is global is shown once', async () => {
  const monitors = reprise.all('monitor');
  const leading = async () => {
    const scrapes = await Promise.all(monitors.map(({ url }) => Scraped.from([url]).catch(() => null)));
    return scrapes.map((each) => each?.sum('reprise_leader', { role: 'monitor' }) ?? null);
  };
  const showing = async () => {
    const scrapes = await Promise.all(monitors.map(({ url }) => Scraped.from([url])));
    return scrapes.map((each) => each.sum('reprise_runs') !== null);
  };
  // One that is short of time may have lost its lease a moment ago.
  const before = await reprise.orTell(
    eventually(
      async () => {
        const now = await leading();
        expect([...now].sort()).toEqual([0, 1]);
        expect(await showing()).toEqual(now.map((leads) => leads === 1));
        return now;
      },
      { what: 'one of them to lead, and to show' },
    ),
  );
  await monitors[before.indexOf(1)]?.kill('SIGSTOP');
  const other = monitors[before.indexOf(0)]?.url ?? '';
  const shows = async () => (await Scraped.from([other])).sum('reprise_runs') !== null;
  await reprise.orTell(eventually(shows, { what: 'the other one to lead' }));
  await monitors[before.indexOf(1)]?.kill('SIGCONT');
  // From its very first answer on.
  expect(await leading()).toEqual(before.map((leads) => (leads === 1 ? 0 : 1)));
  expect(await showing()).toEqual(before.map((leads) => leads !== 1));
});

test('four services in one process have four registries, each with its own metrics and no other', async () => {
  const path = new URL('../../apps/all/dist/main.js', import.meta.url).pathname;
  const alone = await Installation.create();
  const env = { DATABASE_URL: alone.database.url, AMQP_URL: alone.broker.url, REPRISE_PREFIX: alone.broker.prefix };
  const all = new ServiceProcess(path, { ...env, REPRISE_QUEUE_TYPE: 'classic', REPRISE_WHEEL_LEVELS: '1' }, NAMES.length);
  try {
    await all.ready(180_000);
    const document = { workflow: 'one', tasks: { work: { call: 'script', with: { code: 'return 1' } } } };
    const post = (of: string, body: object) =>
      fetch(`${all.url}${of}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    expect((await post('/v1/workflows', document)).status).toBe(201);
    expect((await post('/v1/workflows/one/runs?wait=20s', { input: {} })).status).toBe(200);
    for (const [name, url] of all.urls) {
      // The run's end is told as soon as it is committed, and counted then.
      const counted = async () => {
        const shown = await Scraped.from([url]);
        expect(shown.sum('reprise_runs_started_total')).toBe(name === 'trigger' ? 1 : null);
        expect(shown.sum('reprise_runs_finished_total', { status: 'succeeded' })).toBe(name === 'scheduler' ? 1 : null);
        expect(shown.sum('reprise_attempt_duration_seconds_count')).toBe(name === 'executor' ? 1 : null);
        return shown;
      };
      const shown = await eventually(counted, { what: `the ${name} to have counted the run` });
      const own = Object.entries(METRICS_TABLE).filter(([, row]) => row.by.some((each) => each === name));
      expect(declaredIn(shown.texts.join())).toEqual(own.map(([metric, { type }]) => `${metric} ${type}`));
      expect(shown.sum('process_start_time_seconds', { service: name })).not.toBeNull();
      expect(lint(shown.texts.join())).toBe('');
    }
  } finally {
    try {
      await all.stop();
    } finally {
      await alone.end();
    }
  }
});
