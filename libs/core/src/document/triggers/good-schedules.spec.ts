import { describe, expect, test } from '@jest/globals';
import { WORKFLOW_SCHEMA } from '../../document-schema/workflow-schema.js';
import { checkInput } from '../../schema/check-input.js';
import { compileTriggers } from '../../workflow/compile-trigger.js';
import type { ScheduleTrigger } from '../../workflow/trigger.js';
import { parseDocument } from '../parse-document.js';

function schedule(text: string): ScheduleTrigger {
  const parsed = parseDocument(`workflow: w\non:\n  - schedule: ${text}\ntasks: { a: { call: x } }`);
  if (parsed.kind === 'bad') throw new Error(JSON.stringify(parsed.problems, null, 2));
  expect(checkInput(WORKFLOW_SCHEMA, parsed.document)).toEqual([]);
  const [trigger] = parsed.workflow.triggers;
  if (trigger?.kind !== 'schedule') throw new Error('no schedule');
  return trigger;
}

describe('a schedule', () => {
  test('of which little is said has the documented defaults', () => {
    expect(schedule('{ id: nightly, cron: "0 3 * * *" }')).toEqual({
      kind: 'schedule',
      id: 'nightly',
      timing: { kind: 'cron', expression: '0 3 * * *' },
      timezone: 'UTC',
      jitterMs: 0,
      startAt: null,
      endAt: null,
      catchUp: 'last',
      overlap: 'skip',
      dst: { gap: 'shift', repeat: 'first' },
      condition: null,
      key: null,
      input: null,
    });
  });

  test('of which everything is said', () => {
    const trigger = schedule(`
      id: Every-quarter_hour
      every: 15m
      if: schedule.previous != null
      key: \${{ schedule.time }}
      input: { from: "\${{ schedule.previous }}", to: "\${{ schedule.time }}" }
      jitter: 30s
      start: 2026-01-01T00:00:00+01:00
      end: 2027-01-01T00:00Z
      catchUp: all
      overlap: queue
      dst: { gap: skip, repeat: both }`);
    expect(trigger).toMatchObject({
      id: 'Every-quarter_hour',
      timing: { kind: 'every', everyMs: 900_000 },
      jitterMs: 30_000,
      startAt: Date.parse('2025-12-31T23:00:00Z'),
      endAt: Date.parse('2027-01-01T00:00:00Z'),
      catchUp: 'all',
      overlap: 'queue',
      dst: { gap: 'skip', repeat: 'both' },
    });
    expect(trigger.condition?.source).toBe('schedule.previous != null');
  });

  test.each<[string, readonly string[]]>([
    ['2030-01-31T09:00:00Z', ['2030-01-31T09:00:00Z']],
    ['[2030-01-31T09:00:00Z, "2029-01-31T09:00:00.5+02:00"]', ['2030-01-31T09:00:00Z', '2029-01-31T07:00:00.500Z']],
  ])('at %s', (text, expected) => {
    expect(schedule(`{ id: a, at: ${text} }`).timing).toEqual({ kind: 'at', instants: expected.map((each) => Date.parse(each)) });
  });

  test.each([
    '*/15 9-17 * * MON-FRI',
    '0 0 1 * *',
    '30 5 4 1 1 0',
    '0 0 L * *',
    '0 0 LW * *',
    '0 0 15W * *',
    '0 0 * * FRI#2',
    '0 0 * * 5L',
    '0 0 29 2 *',
    '0 0 ? * SUN,sat',
    '@daily',
    '@Hourly',
    '  1,2-5/2   *  * * 7 ',
  ])('cron %s', (cron) => {
    expect(schedule(`{ id: a, cron: ${JSON.stringify(cron)} }`).timing).toEqual({ kind: 'cron', expression: cron });
  });

  test.each(['Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Asia/Kolkata', 'CET', 'EST5EDT', 'Etc/GMT-2', 'GMT'])(
    'zone %s',
    (timezone) => {
      expect(schedule(`{ id: a, cron: "0 3 * * *", timezone: ${timezone} }`).timezone).toBe(timezone);
    },
  );
});

test('the published schema refuses what the checks refuse', () => {
  const bad = [
    '{}',
    '{ id: a }',
    '{ id: a, every: 5m, cron: "0 3 * * *" }',
    '{ id: "a b", every: 5m }',
    '{ id: a, every: 5m, catchUp: some }',
    '{ id: a, at: [] }',
    '{ id: a, at: soon }',
    '{ id: a, every: 5m, dst: { x: y } }',
  ];
  for (const text of bad) {
    const parsed = parseDocument(`workflow: w\non:\n  - schedule: ${text}\ntasks: { a: { call: x } }`);
    const document = parseDocument(`workflow: w\ntasks: { a: { call: x, with: ${text} } }`);
    if (document.kind === 'bad') throw new Error(text);
    const given = { $defs: (WORKFLOW_SCHEMA as { $defs: never }).$defs, $ref: '#/$defs/schedule' };
    const inside = Reflect.get(Object(Reflect.get(Object(document.document), 'tasks')), 'a');
    expect([text, parsed.kind, checkInput(given, inside.with).length > 0]).toEqual([text, 'bad', true]);
  }
});

test('what was never accepted is not compiled', () => {
  expect(() => compileTriggers([{ schedule: { id: 'a', at: 'soon' } }], 'w', {})).toThrow('"soon" is not a time');
});
