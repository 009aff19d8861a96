import { describe, expect, test } from '@jest/globals';
import { parseDocument } from '../parse-document.js';
import type { Problem } from '../values/problem.js';

const document = (schedule: string): string => `workflow: w\non:\n  - schedule: ${schedule}\ntasks: { a: { call: x } }`;

/** Each problem as `path line:column message | hint`, in the order told. */
function told(text: string, which: 'problems' | 'warnings' = 'problems'): string[] {
  const parsed = parseDocument(text);
  const all = parsed.kind === 'bad' ? { problems: parsed.problems, warnings: [] } : { problems: [], warnings: parsed.warnings };
  return all[which].map(
    ({ path, line, column, message, hint }: Problem) =>
      `${path} ${line}:${column} ${message}${hint === null ? '' : ` | ${hint}`}`,
  );
}
const problems = (schedule: string): string[] => told(document(schedule)).map((line) => line.replace(/^on\[0\]\.schedule/, ''));
const warnings = (schedule: string): string[] =>
  told(document(schedule), 'warnings').map((line) => line.replace(/^on\[0\]\.schedule/, ''));

const FIVE = 'five fields: minute, hour, day of the month, month, day of the week; six when seconds come first';
const SIGNS = 'lists 1,15, ranges 1-5, steps */10 or 0-30/10, * for all';

describe('a cron expression that cannot be', () => {
  test.each<[string, string, string]>([
    ['31 2 *', '"31 2 *" has 3 fields', FIVE],
    ['*', '"*" has one field', FIVE],
    ['', 'the cron expression is empty', FIVE],
    ['0 0 1 1 * * 2030', '"0 0 1 1 * * 2030" has 7 fields, and years are not among them', FIVE],
    ['60 * * * *', '"60" is not a minute', `minute: 0 to 59; ${SIGNS}`],
    ['* 24 * * *', '"24" is not an hour', `hour: 0 to 23; ${SIGNS}`],
    ['61 * * * * *', '"61" is not a second', `second: 0 to 59; ${SIGNS}`],
    ['* * * 13 *', '"13" is not a month', `month: 1 to 12 or JAN to DEC; ${SIGNS}`],
    ['*/0 * * * *', '"*/0" is not a minute', `minute: 0 to 59; ${SIGNS}`],
    ['5-1 * * * *', '"5-1" is not a minute', `minute: 0 to 59; ${SIGNS}`],
    ['1,,2 * * * *', '"1,,2" is not a minute', `minute: 0 to 59; ${SIGNS}`],
    ['٣ * * * *', '"٣" is not a minute', `minute: 0 to 59; ${SIGNS}`],
    ['0 0 30 2 *', '"0 0 30 2 *" never fires', 'no month it names has such a day'],
    ['0 0 31 4,6,9,11 *', '"0 0 31 4,6,9,11 *" never fires', 'no month it names has such a day'],
    ['@reboot', '"@reboot" is not known', `one of @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually, or ${FIVE}`],
    ['@every 90s', '"@every 90s" is not known', 'write `every: 90s` instead of `cron`'],
    ['0'.repeat(201), 'a cron expression of 201 characters', 'at most 200'],
  ])('%s', (expression, message, hint) => {
    expect(problems(`{ id: a, cron: ${JSON.stringify(expression)} }`)).toEqual([`.cron 3:30 ${message} | ${hint}`]);
  });

  test('of a day of the week', () => {
    for (const day of ['8', 'MON#6', 'SUN6', 'MONDAY'])
      expect(problems(`{ id: a, cron: "0 0 * * ${day}" }`)).toEqual([
        `.cron 3:30 ${JSON.stringify(day)} is not a day of the week | day of the week: 0 to 7 (0 and 7 are Sunday) or SUN to SAT; FRI#2 is the second Friday of the month, 5L the last; ${SIGNS}`,
      ]);
  });

  test('or no text at all', () => {
    expect(problems('{ id: a, cron: 5 }')).toEqual([
      '.cron 3:30 `cron` must be a cron expression such as "0 3 * * *", not the number 5 | quote it',
    ]);
  });
});

describe('a zone that is none', () => {
  test.each<[string, string]>([
    ['Europe/Berln', 'did you mean `Europe/Berlin`?'],
    ['Berlin', 'did you mean `Europe/Berlin`?'],
    ['new york', 'did you mean `America/New_York`?'],
    ['+02:00', 'an offset does not say when clocks change: a zone of the IANA database: UTC, Europe/Berlin, America/New_York'],
    ['UTC+2', 'an offset does not say when clocks change: a zone of the IANA database: UTC, Europe/Berlin, America/New_York'],
    ['IST', 'a zone of the IANA database: UTC, Europe/Berlin, America/New_York'],
    ['Mars/Phobos-Crater-Rim', 'a zone of the IANA database: UTC, Europe/Berlin, America/New_York'],
  ])('%s', (zone, hint) => {
    expect(problems(`{ id: a, cron: "0 3 * * *", timezone: "${zone}" }`)).toEqual([
      `.timezone 3:53 ${JSON.stringify(zone)} is not a time zone | ${hint}`,
    ]);
  });

  test('or no text', () => {
    expect(problems('{ id: a, cron: "0 3 * * *", timezone: 2 }')).toEqual([
      '.timezone 3:53 `timezone` must be a text, not the number 2 | quote it',
    ]);
  });
});

test.each<[string, string, ...string[]]>([
  ['no map', 'nightly', ' 3:15 `schedule` must be a map such as { id: nightly, cron: "0 3 * * *" }, not the text "nightly"'],
  ['no id', '{ every: 5m }', ' 3:15 the schedule has no `id` | a name to pause it by: `id: nightly`'],
  ['a bad id', '{ id: a b, every: 5m }', '.id 3:21 `id` must be a name of letters, digits, - and _, not the text "a b"'],
  [
    'nothing that says when',
    '{ id: a }',
    ' 3:15 the schedule does not say when | give exactly one of `cron: "0 3 * * *"`, `every: 15m`, `at: 2030-01-31T09:00:00Z`',
  ],
  [
    'two things that say when',
    '{ id: a, every: 5m, cron: "0 3 * * *" }',
    '.cron 3:35 the schedule has `cron` and `every` | give exactly one of them, and write a schedule for each',
  ],
  [
    'two things the other way round',
    '{ id: a, cron: "0 3 * * *", every: 5m }',
    '.every 3:43 the schedule has `cron` and `every` | give exactly one of them, and write a schedule for each',
  ],
  [
    'three',
    '{ id: a, at: 2030-01-31T09:00:00Z, every: 5m, cron: "0 3 * * *" }',
    '.cron 3:61 the schedule has `cron` and `every` and `at` | give exactly one of them, and write a schedule for each',
  ],
  [
    'an interval too short',
    '{ id: a, every: 999ms }',
    '.every 3:31 `every` must be at least 1s, not the text "999ms" | a queue of events is made for more than that',
  ],
  [
    'no interval',
    '{ id: a, every: often }',
    '.every 3:31 `every`: "often" is not a duration | write it like 250ms, 5s, 1.5s, 1h30m or 2d',
  ],
  [
    'a time without an offset',
    '{ id: a, at: 2030-01-31T09:00:00 }',
    '.at 3:28 `at` must be a time such as 2030-01-31T09:00:00Z, not the text "2030-01-31T09:00:00" | write the time and its offset: Z for UTC, +02:00',
  ],
  [
    'a day that is in no calendar',
    '{ id: a, at: [2030-01-31T09:00:00Z, 2030-02-30T09:00:00Z, 2030-01-31T25:00:00Z] }',
    '.at[1] 3:51 `on[0].schedule.at[1]` must be a time such as 2030-01-31T09:00:00Z, not the text "2030-02-30T09:00:00Z"',
    '.at[2] 3:73 `on[0].schedule.at[2]` must be a time such as 2030-01-31T09:00:00Z, not the text "2030-01-31T25:00:00Z"',
  ],
  ['no times', '{ id: a, at: [] }', '.at 3:28 `at` must be a time or a list of 1 to 1000 of them, not a list'],
  [
    'a time that is a number',
    '{ id: a, at: 2030 }',
    '.at 3:28 `at` must be a time such as 2030-01-31T09:00:00Z, not the number 2030 | quote it',
  ],
  [
    'an end before the start',
    '{ id: a, every: 5m, start: 2030-01-01T00:00:00Z, end: 2030-01-01T00:00:00+00:00 }',
    '.end 3:69 `end` is not later than `start` | between them it could never fire',
  ],
  [
    'bounds that are none',
    '{ id: a, every: 5m, start: soon, end: 5 }',
    '.start 3:42 `start` must be a time such as 2030-01-31T09:00:00Z, not the text "soon"',
    '.end 3:53 `end` must be a time such as 2030-01-31T09:00:00Z, not the number 5 | quote it',
  ],
  [
    'more jitter than a day',
    '{ id: a, every: 5m, jitter: 25h }',
    '.jitter 3:43 `jitter` is longer than 1d | it spreads firings, it does not move them',
  ],
  [
    'words that are none',
    '{ id: a, every: 5m, jitter: x, catchUp: first, overlap: queued, dst: { gap: shfit, repeat: none, x: y } }',
    '.jitter 3:43 `jitter`: "x" is not a duration | write it like 250ms, 5s, 1.5s, 1h30m or 2d',
    '.catchUp 3:55 `catchUp` must be one of none, last, all, not the text "first"',
    '.overlap 3:71 `overlap` must be one of skip, queue, allow, cancelRunning, not the text "queued" | did you mean `queue`?',
    '.dst.gap 3:91 `gap` must be one of skip, shift, not the text "shfit" | did you mean `shift`?',
    '.dst.repeat 3:106 `repeat` must be one of first, both, not the text "none"',
    '.dst.x 3:112 unknown field `x` | one of gap, repeat',
  ],
  [
    'dst as a word',
    '{ id: a, every: 5m, dst: shift }',
    '.dst 3:40 `dst` must be a map with `gap` and `repeat`, not the text "shift"',
  ],
  ['a slip', '{ id: a, evry: 5m, every: 5m }', '.evry 3:24 unknown field `evry` | did you mean `every`?'],
  [
    'what cannot be read there',
    '{ id: a, every: 5m, if: event.data.x, key: input.y, input: { a: "${{ schedule.tiem }}", b: "${{ schedule.time }}" } }',
    '.if 3:39 a schedule cannot read `event` | read schedule.time or schedule.previous',
    '.key 3:58 a schedule cannot read `input` | read schedule.time or schedule.previous',
    '.input.a 3:84 `schedule` has no field `tiem` | did you mean `time`?',
  ],
])('%s', (_, schedule, ...expected) => {
  expect(problems(schedule)).toEqual(expected);
});

test('two schedules of one name', () => {
  const text =
    'workflow: w\non:\n  - schedule: { id: a, every: 5m }\n  - schedule: { id: a, every: 6m }\ntasks: { a: { call: x } }';
  expect(told(text)).toEqual(['on[1].schedule.id 4:21 there is a schedule or poll `a` already | each needs an `id` of its own']);
});

test('what stands beside `schedule` instead of inside', () => {
  const text =
    'workflow: w\non:\n  - schedule: { id: a, every: 5m }\n    if: "true"\n    cron: x\n    source: shop\ntasks: { a: { call: x } }';
  expect(told(text)).toEqual([
    'on[0].if 4:5 `if` is not allowed here | put it inside `schedule`',
    'on[0].cron 5:5 `cron` is not allowed here | put it inside `schedule`',
    'on[0].source 6:5 `source` is not allowed here | it belongs to `event` triggers',
  ]);
});

test('a trigger that is two the other way round', () => {
  const text = 'workflow: w\non:\n  - event: a.b\n    schedule: { id: a, every: 5m }\ntasks: { a: { call: x } }';
  expect(told(text)).toEqual([expect.stringMatching(/^on\[0\]\.schedule 4:5 the trigger is `event` and `schedule` at once/)]);
});

test('a trigger that is two', () => {
  const text = 'workflow: w\non:\n  - schedule: { id: a, every: 5m }\n    event: a.b\ntasks: { a: { call: x } }';
  expect(told(text)).toEqual([
    'on[0].event 4:5 the trigger is `event` and `schedule` at once | a trigger is exactly one of event, schedule, webhook, workflow, poll: write one item of `on` for each',
  ]);
});

test('a schedule read in a task', () => {
  const text = 'workflow: w\ntasks: { a: { call: x, with: "${{ schedule.time }}" } }';
  expect(told(text)).toEqual([
    'tasks.a.with 2:35 `schedule` can be read only in schedules and polls | a task reads run.scheduledFor, or what the input of the trigger passes on',
  ]);
});

test('more triggers than anybody can follow', () => {
  const text = `workflow: w\non:\n${'  - event: a.b\n'.repeat(101)}tasks: { a: { call: x } }`;
  expect(told(text)).toEqual(['on 3:3 there are 101 triggers | at most 100: an event pattern such as order.# covers many']);
});

describe('a schedule that is allowed, and probably not meant', () => {
  test('one that is silent for an hour in autumn', () => {
    const message =
      '.cron 3:30 in the hour that comes twice when clocks are put back it fires the first time only | write `dst: { repeat: both }`, or `repeat: first` if that is meant';
    expect(warnings('{ id: a, cron: "*/10 * * * *", timezone: Europe/Berlin }')).toEqual([message]);
    expect(warnings('{ id: a, cron: "@hourly", timezone: Europe/Berlin, dst: { gap: skip } }')).toEqual([message]);
    expect(warnings('{ id: a, cron: "*/10 * * * *", timezone: Europe/Berlin, dst: { repeat: first } }')).toEqual([]);
    expect(warnings('{ id: a, cron: "*/10 * * * *", timezone: Asia/Kolkata }')).toEqual([]);
    expect(warnings('{ id: a, cron: "*/10 * * * *" }')).toEqual([]);
    expect(warnings('{ id: a, cron: "0 3 * * *", timezone: Europe/Berlin }')).toEqual([]);
  });

  test('one that catches up on everything and runs one', () => {
    expect(warnings('{ id: a, every: 5m, catchUp: all }')).toEqual([
      '.catchUp 3:44 with `overlap: skip` only one of the instants caught up on gets a run that is let end | write `overlap: queue` to run one after the other, or `allow`',
    ]);
    expect(warnings('{ id: a, every: 5m, catchUp: all, overlap: queue }')).toEqual([]);
    expect(warnings('{ id: a, every: 5m, overlap: skip }')).toEqual([]);
  });

  test('one that is over, where it is known what time it is', () => {
    const over = (schedule: string): readonly string[] => {
      const parsed = parseDocument(document(schedule), { now: Date.parse('2026-06-01T00:00:00Z') });
      return parsed.kind === 'ok' ? parsed.warnings.map(({ line, column, message }) => `${line}:${column} ${message}`) : ['bad'];
    };
    const message = '3:15 it never fires: all its times have passed';
    expect(over('{ id: a, at: [2026-05-01T00:00:00Z, 2026-05-31T23:59:59Z] }')).toEqual([message]);
    expect(over('{ id: a, cron: "0 0 * * *", end: 2026-05-31T12:00:00Z }')).toEqual([message]);
    expect(over('{ id: a, at: [2026-05-01T00:00:00Z, 2026-06-01T00:00:01Z] }')).toEqual([]);
    expect(over('{ id: a, every: 5m, if: "1 +" }')).toEqual(['bad']);
    expect(over('!tagged { id: a, every: 5m }')).toEqual(['bad']);
  });

  test('a zone that nothing is read in', () => {
    expect(warnings('{ id: a, every: 5m, timezone: Europe/Berlin }')).toEqual([
      '.timezone 3:35 `timezone` says nothing about `every` | only a cron expression is read in a zone',
    ]);
  });
});
