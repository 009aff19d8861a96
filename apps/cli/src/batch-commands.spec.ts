import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { CommandLine } from '../test/command-line.js';
import { ID, run } from '../test/shapes.js';

const cli = new CommandLine();
const { asked, replies, reprise } = cli;
beforeAll(cli.start);
beforeEach(cli.reset);
afterAll(cli.end);

const batch = (over: Record<string, unknown> = {}) => ({
  id: ID,
  action: 'cancel',
  filter: { status: null, workflow: 'sync', label: null, since: null, until: null, q: null },
  rate: 50,
  state: 'running',
  matched: 120,
  left: 70,
  done: 48,
  skipped: { count: 2, reasons: { ended: 2 } },
  failed: { count: 0, reasons: {} },
  reason: null,
  askedBy: 'ann',
  createdAt: '2030-01-01T00:00:00.000Z',
  endedAt: null,
  ...over,
});

describe('a batch', () => {
  test('is created with the filters that were given, or only counted', async () => {
    replies.set('POST /v1/batches', ({ body }) =>
      JSON.parse(body).dryRun === true ? { status: 200, body: { count: 7 } } : { status: 202, body: { id: ID, count: 7 } },
    );
    const args = ['--workflow', 'sync', '--status', 'failed', '--label', 'team=red', '--rate', '5', '--reason', 'tidy'];
    const created = await reprise(['batch', 'create', 'retry', ...args]);
    expect([created.code, JSON.parse(asked[0]?.body ?? '')]).toEqual([
      0,
      { action: 'retry', filter: { status: 'failed', workflow: 'sync', label: { team: 'red' } }, rate: 5, reason: 'tidy' },
    ]);
    expect(created.out).toContain(ID);
    const counted = await reprise(['batch', 'create', 'cancel', '--all', '--dry-run']);
    expect(JSON.parse(asked[1]?.body ?? '')).toEqual({ action: 'cancel', filter: { all: true }, dryRun: true });
    expect(counted.out).toMatch(/Runs: +7/);
    expect((await reprise(['batch', 'create', 'cancle', '--all'])).code).toBe(2);
  });

  test('shows how far it has come', async () => {
    replies.set(`GET /v1/batches/${ID}`, { status: 200, body: batch() });
    const { code, out } = await reprise(['batch', 'show', ID]);
    expect(code).toBe(0);
    expect(out).toMatch(/Runs: +120, 70 still to come\n/);
    expect(out).toMatch(/Skipped: +2 \(ended 2\)\n/);
  });

  test('is listed and cancelled', async () => {
    replies.set('GET /v1/batches', { status: 200, body: { items: [batch()], next: null } });
    expect((await reprise(['batch', 'list'])).out).toMatch(/cancel +running +120 +48 +2 +0/);
    replies.set(`POST /v1/batches/${ID}/cancel`, { status: 200, body: batch({ state: 'cancelled', left: 0 }) });
    expect((await reprise(['batch', 'cancel', ID])).out).toMatch(/State: +cancelled/);
  });
});

describe('which runs', () => {
  test('is to be said: nothing is asked for every run by an oversight', async () => {
    const { code, err } = await reprise(['batch', 'create', 'cancel']);
    expect([code, err, asked]).toEqual([2, expect.stringContaining('--all is every run there is'), []]);
  });

  test('may be those since a while ago', async () => {
    replies.set('POST /v1/batches', { status: 200, body: { count: 3 } });
    await reprise(['batch', 'create', 'retry', '--since', '2h', '--until', '2030-01-31', '--dry-run']);
    const { since, until } = JSON.parse(asked[0]?.body ?? '').filter;
    expect([Math.abs(Date.now() - 7_200_000 - Date.parse(since)) < 60_000, until]).toEqual([true, '2030-01-31']);
  });
});

describe('a run wanted again', () => {
  test('is a new run, from a task and on a version if so asked', async () => {
    replies.set(`POST /v1/runs/${ID}/rerun`, { status: 202, body: { id: 'next', status: 'queued' } });
    const args = ['--from', 'charge', '--version', 'latest', '--key', 'k'];
    const { code, out, err } = await reprise(['run', 'rerun', ID, ...args]);
    expect([code, JSON.parse(asked[0]?.body ?? ''), asked[0]?.headers['idempotency-key']]).toEqual([
      0,
      { from: 'charge', version: 'latest' },
      'k',
    ]);
    expect(out).toMatch(/Run: +next\n/);
    expect(err).toContain('reprise run watch next');
  });

  test('is waited for if so asked', async () => {
    replies.set(`POST /v1/runs/${ID}/rerun`, { status: 202, body: { id: 'next', status: 'running' } });
    replies.set('GET /v1/runs/next', { status: 200, body: run({ id: 'next', status: 'failed', rerunOf: ID }) });
    const { code, out } = await reprise(['run', 'rerun', ID, '--wait']);
    expect([code, asked[0]?.body]).toEqual([10, '{}']);
    expect(out).toMatch(new RegExp(`Rerun of: +${ID}`));
  });
});
