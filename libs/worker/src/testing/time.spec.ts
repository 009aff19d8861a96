import { describe, expect, test } from '@jest/globals';
import { failTimes, testWorkflow } from './index.js';

describe('schedules', () => {
  const NIGHTLY = `
workflow: nightly
on:
  - schedule: { id: night, cron: "30 2 * * *", timezone: Europe/Berlin, input: { day: "\${{ schedule.time }}", last: "\${{ schedule.previous }}" } }
  - schedule: { id: noon, cron: "0 12 * * *", if: "!schedule.time.startsWith('2026-01-02')", key: "noon \${{ schedule.time }}" }
tasks: { load: { call: load, with: { day: "\${{ input.?day.orValue(null) }}", for: "\${{ run.scheduledFor }}" } } }
`;
  const tester = testWorkflow(NIGHTLY, { handlers: { load: null } });

  test('are listed with what each instant starts', async () => {
    const firings = tester.firings({ from: '2026-01-01T00:00:00Z', to: '2026-01-03T00:00:00Z' });
    expect(firings).toEqual([
      {
        schedule: 'night',
        at: '2026-01-01T01:30:00Z',
        input: { day: '2026-01-01T01:30:00Z', last: '2025-12-31T01:30:00Z' },
        key: null,
        unmatched: null,
      },
      { schedule: 'noon', at: '2026-01-01T12:00:00Z', input: {}, key: 'noon 2026-01-01T12:00:00Z', unmatched: null },
      {
        schedule: 'night',
        at: '2026-01-02T01:30:00Z',
        input: { day: '2026-01-02T01:30:00Z', last: '2026-01-01T01:30:00Z' },
        key: null,
        unmatched: null,
      },
      { schedule: 'noon', at: '2026-01-02T12:00:00Z', input: {}, key: null, unmatched: expect.stringContaining('is false') },
    ]);
    const [first, , , none] = firings;
    if (first === undefined || none === undefined) throw new Error('too few');
    const run = await tester.fire(first);
    expect(run.calls()[0]).toMatchObject({ at: '2026-01-01T01:30:00.001Z', input: { day: first.at, for: first.at } });
    await expect(async () => tester.fire(none)).rejects.toThrow('noon starts no run at 2026-01-02T12:00:00Z: if:');
  });

  test('include their first instant and not their last, and know what they do not have', () => {
    const at = '2026-01-01T12:00:00Z';
    expect(tester.firings({ from: at, to: new Date(Date.parse(at) + 1), schedule: 'noon' })).toHaveLength(1);
    expect(tester.firings({ from: '2026-01-01T11:00:00Z', to: at, schedule: 'noon' })).toEqual([]);
    expect(() => tester.firings({ from: at, to: at, schedule: 'dawn' })).toThrow(
      'the document has no schedule "dawn"; it has: night, noon',
    );
  });

  test('a year of every hour, run by run', async () => {
    const hourly = testWorkflow(
      'workflow: hourly\non: [{ schedule: { id: h, cron: "0 * * * *", input: { at: "${{ schedule.time }}" } } }]\ntasks: { a: { call: tick, with: "${{ input.at }}" } }',
      { handlers: { tick: (at: string) => at } },
    );
    const firings = hourly.firings({ from: '2026-01-01T00:00:00Z', to: '2027-01-01T00:00:00Z' });
    const months = new Map<string, number>();
    for (const firing of firings) {
      const run = await hourly.fire(firing);
      expect(run.calls()[0]?.input).toBe(firing.at);
      const month = firing.at.slice(0, 7);
      months.set(month, (months.get(month) ?? 0) + (run.status === 'succeeded' ? 1 : 0));
    }
    expect([...months.values()]).toEqual([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].map((days) => days * 24));
  }, 300_000);
});

describe('a long time', () => {
  test('a year of retries, one an hour, ends with the try that succeeds', async () => {
    const HOURS = 365 * 24;
    const retry = '{ maximumAttempts: 0, backoff: fixed, initialInterval: 1h, maximumInterval: 1h, jitter: none }';
    const tester = testWorkflow(`workflow: w\ntasks: { a: { call: x, retry: ${retry} } }`, {
      handlers: { x: failTimes(HOURS, 'BUSY', 1) },
    });
    const run = await tester.run();
    const { attempts } = run.task('a');
    expect([run.status, attempts.length, run.calls().length]).toEqual(['succeeded', HOURS + 1, HOURS + 1]);
    expect(attempts.map(({ number }) => number)).toEqual(Array.from({ length: HOURS + 1 }, (_, index) => index + 1));
    expect(attempts.slice(0, -1).every(({ status, error }) => status === 'failed' && error?.code === 'BUSY')).toBe(true);
    // Each way to the executor and back takes some milliseconds.
    expect(run.tookMs).toBeGreaterThanOrEqual(HOURS * 3_600_000);
    expect(run.tookMs).toBeLessThan(HOURS * 3_600_100);
  }, 300_000);

  test('sleeps of months, and of a moment that is written', async () => {
    const document = 'workflow: w\ntasks: [{ id: a, sleep: 90d }, { id: b, sleepUntil: "2026-12-24T18:00:00Z" }]';
    const run = await testWorkflow(document).run();
    expect([run.status, run.now.slice(0, 19)]).toEqual(['succeeded', '2026-12-24T18:00:00']);
  });

  test('a run that waits for its place', async () => {
    const document = 'workflow: w\nconcurrency: { key: "${{ input.customer }}" }\ntasks: { a: { call: x } }';
    const run = await testWorkflow(document, { handlers: { x: 1 } }).start({ customer: 'c1' }, { queuedFor: '2h' });
    expect(run.status).toBe('queued');
    await run.goOn();
    expect([run.status, run.calls()[0]?.at.slice(0, 16)]).toEqual(['succeeded', '2026-01-01T02:00']);
    await expect(testWorkflow(document, { handlers: { x: 1 } }).run({})).rejects.toThrow('concurrency.key:');
  });

  test('begins when the test says, with labels and by whom', async () => {
    const document =
      'workflow: w\ntasks: { a: { transform: "${{ run.labels.team }} ${{ run.startedAt }}" } }\noutput: "${{ tasks.a.output }}"';
    const run = await testWorkflow(document, { startAt: '2020-02-29T00:00:00Z' }).run(
      {},
      { labels: { team: 'red' }, startedBy: 'ann' },
    );
    expect(run.output).toBe('red 2020-02-29T00:00:00.000Z');
  });

  test('a rate limit lets so many begin in any span', async () => {
    const document = 'workflow: w\ntasks: { a: { forEach: [1, 2, 3, 4, 5], call: x, rateLimit: { max: 2, per: 10s } } }';
    const run = await testWorkflow(document, { handlers: { x: 1 } }).run();
    const starts = run.calls().map(({ at }) => Date.parse(at));
    expect(starts).toHaveLength(5);
    expect((starts[4] ?? 0) - (starts[0] ?? 0)).toBeGreaterThanOrEqual(20_000);
  });
});
