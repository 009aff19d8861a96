import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { BackfillView, ScheduleView } from '@reprise/contracts';
import { CommandLine } from '../test/command-line.js';

const cli = new CommandLine();
const { asked, file, replies, reprise } = cli;
beforeAll(cli.start);
beforeEach(cli.reset);
afterAll(cli.end);

const NIGHTLY: ScheduleView = {
  id: 'report/nightly',
  workflow: 'report',
  schedule: 'nightly',
  kind: 'schedule',
  call: null,
  version: null,
  versionNumber: 1,
  cron: '30 2 * * *',
  every: null,
  at: null,
  timezone: 'Europe/Berlin',
  jitter: null,
  start: null,
  end: null,
  catchUp: 'last',
  overlap: 'skip',
  dst: { gap: 'shift', repeat: 'first' },
  next: '2026-03-29T01:00:00.000Z',
  nextLocal: '2026-03-29T03:00:00+02:00',
  previous: '2026-03-28T01:30:00.000Z',
  paused: null,
  waiting: [],
  openRuns: 0,
  missed: 0,
  missedAt: null,
  skipped: 0,
  last: [
    {
      instant: '2026-03-28T01:30:00.000Z',
      outcome: 'unmatched',
      run: null,
      probe: null,
      reason: 'if is false',
      at: '2026-03-28T01:30:00.010Z',
    },
  ],
};
const BACKFILL: BackfillView = {
  id: '018f0000-0000-7000-8000-000000000001',
  schedule: 'report/nightly',
  state: 'running',
  from: '2026-01-01T00:00:00.000Z',
  to: '2026-01-31T00:00:00.000Z',
  parallel: 2,
  interval: null,
  rerun: false,
  total: 31,
  started: 2,
  existing: 1,
  unmatched: 0,
  rejected: 0,
  left: 28,
  openRuns: 2,
  next: null,
  askedBy: null,
  createdAt: '2026-02-01T00:00:00.000Z',
  endedAt: null,
};

describe('schedules', () => {
  test('list tells when each fires next, as its own clocks show it', async () => {
    const paused = { ...NIGHTLY, id: 'report/hourly', cron: null, every: '1h', timezone: 'UTC', previous: null, last: [] };
    const items = [{ ...paused, paused: { at: '2026-03-01T00:00:00.000Z', by: null, reason: null } }, NIGHTLY];
    replies.set('GET /v1/schedules', { status: 200, body: { items, next: null } });
    expect((await reprise(['schedule', 'list', '--workflow', 'report'])).out).toBe(
      [
        'SCHEDULE         WHEN         ZONE            NEXT                        PREVIOUS                   LAST',
        'report/hourly    every 1h     UTC             paused                      -                          -',
        'report/nightly   30 2 * * *   Europe/Berlin   2026-03-29T03:00:00+02:00   2026-03-28T01:30:00.000Z   unmatched',
        '',
      ].join('\n'),
    );
    expect(asked[0]?.url).toBe('/v1/schedules?limit=500&workflow=report');
  });

  test('show tells what the last instants did, and what stands in the way', async () => {
    const body = {
      ...NIGHTLY,
      missed: 3,
      missedAt: '2026-03-01T00:00:00.000Z',
      skipped: 2,
      openRuns: 1,
      waiting: [NIGHTLY.next],
    };
    replies.set('GET /v1/schedules/report/nightly', { status: 200, body });
    const { out } = await reprise(['schedule', 'show', 'report/nightly']);
    for (const text of ['Missed:', '3, last seen 2026-03-01', 'Skipped:', '1 instants for runs', 'if is false'])
      expect(out).toContain(text);
  });

  test('a poll is shown with what it calls, and its probes', async () => {
    const firing = {
      instant: '2026-03-28T01:31:00.000Z',
      outcome: 'unmatched',
      run: null,
      probe: 'r7',
      reason: 'no',
      at: NIGHTLY.next,
    };
    const body = { ...NIGHTLY, id: 'report/stock', kind: 'poll', call: 'stock.check', cron: null, every: '1m', last: [firing] };
    replies.set('GET /v1/schedules/report/stock', { status: 200, body });
    const { out } = await reprise(['schedule', 'show', 'report/stock']);
    expect(out).toMatch(/^Poll: +report\/stock\nCalls: +stock\.check\nWhen: +every 1m\n/);
    expect(out).toMatch(/INSTANT +OUTCOME +RUN +PROBE +WHY NOT\n2026-03-28T01:31:00\.000Z +unmatched +- +r7 +no/);
  });

  test('preview asks the server for the next instants', async () => {
    const items = [{ time: '2026-03-29T01:00:00Z', local: '2026-03-29T03:00:00+02:00', firesAt: '2026-03-29T01:00:03.000Z' }];
    replies.set('GET /v1/schedules/report/nightly/preview', { status: 200, body: { items, next: null } });
    const ran = await reprise(['schedule', 'preview', 'report/nightly', '--count', '1', '--from', '2026-03-28T12:00:00Z']);
    expect(ran.out).toContain('2026-03-29T03:00:00+02:00   2026-03-29T01:00:03.000Z');
    expect(asked[0]?.url).toBe('/v1/schedules/report/nightly/preview?count=1&from=2026-03-28T12%3A00%3A00Z');
  });

  test('preview reads a document without a server', async () => {
    const on = 'on:\n  - schedule: { id: nightly, cron: "30 2 * * *", timezone: Europe/Berlin }\n  - event: a.b\n';
    const good = file('good.yaml', `workflow: report\n${on}tasks: { a: { call: x } }\n`);
    const ran = await reprise(['schedule', 'preview', good, '--count', '2', '--from', '2026-03-28T00:00:00Z']);
    expect(ran).toEqual({
      code: 0,
      err: '',
      out: [
        'SCHEDULE         TIME                   LOCAL',
        'report/nightly   2026-03-28T01:30:00Z   2026-03-28T02:30:00+01:00',
        'report/nightly   2026-03-29T01:00:00Z   2026-03-29T03:00:00+02:00',
        '',
      ].join('\n'),
    });
    const bad = file('bad.yaml', 'workflow: report\non: [{ schedule: { id: n, cron: "31 2 *" } }]\ntasks: { a: { call: x } }\n');
    const refused = await reprise(['schedule', 'preview', bad]);
    expect(refused.code).toBe(2);
    expect(refused.err).toContain('"31 2 *" has 3 fields');
    const never = file('never.json', '{"workflow":"report","tasks":{"a":{"call":"x"}}}');
    expect((await reprise(['schedule', 'preview', never])).err).toContain('no schedule of it fires after');
    expect(asked).toEqual([]);
  });

  test('pause, resume and trigger do what they say', async () => {
    const paused = { ...NIGHTLY, paused: { at: '2026-03-01T00:00:00.000Z', by: null, reason: 'maintenance' } };
    replies.set('POST /v1/schedules/report/nightly/pause', { status: 200, body: paused });
    replies.set('POST /v1/schedules/report/nightly/resume', { status: 200, body: NIGHTLY });
    replies.set('POST /v1/schedules/report/nightly/trigger', { status: 202, body: { id: 'r1', outcome: 'accepted' } });
    expect((await reprise(['schedule', 'pause', 'report/nightly', '--reason', 'maintenance'])).out).toContain(
      'since 2026-03-01T00:00:00.000Z: maintenance',
    );
    expect(asked[0]?.body).toBe('{"reason":"maintenance"}');
    expect((await reprise(['schedule', 'resume', 'report/nightly'])).out).not.toContain('Paused');
    expect((await reprise(['schedule', 'trigger', 'report/nightly', '--key', 'k1'])).out).toMatch(
      /Run: +r1\nOutcome: +accepted\n/,
    );
    expect(asked[2]?.headers['idempotency-key']).toBe('k1');
    replies.set('POST /v1/schedules/report/nightly/pause', {
      status: 409,
      body: { code: 'wrong_state', detail: 'is paused already' },
    });
    expect((await reprise(['schedule', 'pause', 'report/nightly'])).code).toBe(5);
  });

  test('backfill asks for the past, tells how far it has come, and is cancelled', async () => {
    replies.set('POST /v1/schedules/report/nightly/backfill', { status: 202, body: BACKFILL });
    const range = ['--from', '2026-01-01T00:00:00Z', '--to', '2026-01-31T00:00:00Z'];
    const ran = await reprise([
      'schedule',
      'backfill',
      'report/nightly',
      ...range,
      '--parallel',
      '2',
      '--rate',
      '30/m',
      '--rerun',
    ]);
    expect(ran.out).toContain('3 of 31');
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({ from: range[1], to: range[3], parallel: 2, rate: '30/m', rerun: true });
    expect((await reprise(['schedule', 'backfill', 'report/nightly', ...range, '--dry-run'])).out).toBe('31 instants\n');
    replies.set('GET /v1/schedules/report/nightly/backfills', { status: 200, body: { items: [BACKFILL], next: null } });
    expect((await reprise(['schedule', 'backfills', 'report/nightly'])).out).toContain(`${BACKFILL.id}   running`);
    const path = `/v1/schedules/report/nightly/backfills/${BACKFILL.id}/cancel`;
    replies.set(`POST ${path}`, { status: 200, body: { ...BACKFILL, state: 'cancelled' } });
    expect((await reprise(['schedule', 'cancel-backfill', 'report/nightly', BACKFILL.id])).out).toMatch(/State: +cancelled/);
  });

  test('what is no name, number or time is refused before anybody is asked', async () => {
    const range = ['--from', '2026-01-01T00:00:00Z', '--to', '2026-01-31T00:00:00Z'];
    for (const args of [
      ['show', 'report'],
      ['pause', 'a/b/c'],
      ['preview', 'report/nightly', '--count', 'some'],
      ['backfill', 'report/nightly', ...range, '--parallel', 'x'],
      ['backfill', 'report/nightly', '--from', '2026-01-01T00:00:00Z'],
      ['preview', file('any.yaml', 'workflow: w'), '--from', 'soon'],
    ]) {
      expect([args, (await reprise(['schedule', ...args])).code]).toEqual([args, 2]);
    }
    expect(asked).toEqual([]);
  });
});
