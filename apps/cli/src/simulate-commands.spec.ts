import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { CommandLine } from '../test/command-line.js';

const cli = new CommandLine();
const { asked, replies, reprise } = cli;
beforeAll(cli.start);
beforeEach(cli.reset);
afterAll(cli.end);

const ROUTE = 'POST /v1/simulations/retry';
const outcome = (over: Record<string, unknown> = {}) => ({
  succeeded: 90,
  failed: 10,
  parked: 0,
  unknown: 0,
  successRate: { least: 0.9, most: 0.9 },
  calls: 150,
  addedLatencyMs: { mean: 3_400, p95: 12_000 },
  peakRetries: { perSecond: 4, at: '2030-01-01T00:00:00.000Z' },
  ...over,
});
const report = (over: Record<string, unknown> = {}) => ({
  workflow: 'orders',
  version: null,
  task: 'charge',
  since: '2030-01-01T00:00:00.000Z',
  runs: 100,
  oldest: '2030-01-01T00:00:00.000Z',
  newest: '2030-01-02T00:00:00.000Z',
  truncated: true,
  leftOut: { open: 2, cancelled: 0, tooLong: 0 },
  tasks: 100,
  attempts: 150,
  deviating: 1,
  before: outcome(),
  after: outcome({ succeeded: 85, failed: 5, unknown: 10, successRate: { least: 0.85, most: 0.95 }, calls: 120 }),
  callsSaved: 30,
  estimate: { succeeded: 6.4, fromAttempt: 8, fromCode: 0, unfounded: 2 },
  givenUp: [],
  codes: [
    { code: 'http.503', failures: 40, retried: 40, recovered: 30, byAttempt: [{ attempt: 2, retried: 40, recovered: 30 }] },
    { code: 'LOST', failures: 1, retried: 0, recovered: 0, byAttempt: [] },
  ],
  advice: [
    { kind: 'hopeless', code: 'X', text: 'attempts 2–3 never succeeded after X (20 tried): make it non-retryable', numbers: {} },
  ],
  ...over,
});
const policy = () => cli.file('retry.yaml', 'maximumAttempts: 2\n');

describe('a simulation of another retry policy', () => {
  test('sends the file as it is, and shows both sides, the codes and the advice', async () => {
    replies.set(ROUTE, { status: 200, body: report() });
    const args = ['--workflow', 'orders', '--task', 'charge', '--since', '3d', '--version', '1.2.0', '--policy', policy()];
    const { code, out, err } = await reprise(['simulate', 'retry', ...args]);
    expect([code, JSON.parse(asked[0]?.body ?? '')]).toEqual([
      0,
      { workflow: 'orders', policy: 'maximumAttempts: 2\n', version: '1.2.0', task: 'charge', since: '3d' },
    ]);
    expect(out).toMatch(/Replayed: +100 tasks of 100 runs, 150 attempts \(the newest\)\nLeft out: +2 open\n/);
    expect(out).toMatch(/success rate +90\.0% +85\.0% to 95\.0%\n/);
    expect(out).toMatch(/calls +150 +120 +-30\n/);
    expect(out).toMatch(/unknown +0 +10 +about 6 would succeed at once\n/);
    expect(out).toMatch(/http\.503 +40 +40 +30 \(75\.0%\) +#2 30\/40\n/);
    expect(out).toMatch(/• attempts 2–3 never succeeded after X/);
    expect(err).toContain('there are more');
  });

  test('gives programs what came', async () => {
    replies.set(ROUTE, { status: 200, body: report() });
    const { out } = await reprise(['simulate', 'retry', '--workflow', 'orders', '--policy', policy(), '-o', 'json']);
    expect(JSON.parse(out)).toEqual(report());
  });

  test('says so when there is nothing', async () => {
    const nothing = outcome({ successRate: null, addedLatencyMs: null, peakRetries: null });
    const empty = { runs: 0, tasks: 0, attempts: 0, codes: [], advice: [], truncated: false, before: nothing, after: nothing };
    replies.set(ROUTE, { status: 200, body: report(empty) });
    const { code, out, err } = await reprise(['simulate', 'retry', '--workflow', 'orders', '--policy', policy()]);
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('Nothing was recorded to replay.');
  });

  test('names the place in the file that is wrong', async () => {
    const errors = [
      { path: 'policy.maximumAttempts', line: 1, column: 18, message: 'must be a number', hint: 'write it without quotes' },
    ];
    replies.set(ROUTE, { status: 422, body: { code: 'invalid_simulation', detail: 'wrong', errors } });
    const file = policy();
    const { code, err, out } = await reprise(['simulate', 'retry', '--workflow', 'orders', '--policy', file]);
    expect([code, out]).toEqual([2, '']);
    expect(err).toBe(`${file}:1:18: maximumAttempts: must be a number (write it without quotes)\n`);
    expect((await reprise(['simulate', 'retry', '--workflow', 'orders'])).code).toBe(2);
    replies.set(ROUTE, { status: 404, body: { code: 'workflow_not_found', detail: 'There is no workflow orders.' } });
    const missing = await reprise(['simulate', 'retry', '--workflow', 'orders', '--policy', file]);
    expect([missing.code, missing.err]).toEqual([3, expect.stringContaining('There is no workflow orders.')]);
  });
});
