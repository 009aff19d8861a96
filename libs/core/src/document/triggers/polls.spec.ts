import { describe, expect, test } from '@jest/globals';
import { WORKFLOW_SCHEMA } from '../../document-schema/workflow-schema.js';
import { checkInput } from '../../schema/check-input.js';
import { readProbeName } from '../../workflow/probe-name.js';
import { isTimed, type PollTrigger } from '../../workflow/trigger.js';
import { type ParsedDocument, parseDocument } from '../parse-document.js';

const parse = (on: string, rest = ''): ParsedDocument =>
  parseDocument(`workflow: orders\n${rest}on:\n${on}\ntasks: { a: { transform: 1 } }`);

function poll(fields: string, rest = ''): PollTrigger {
  const parsed = parse(`  - poll: ${fields}`, rest);
  if (parsed.kind === 'bad') throw new Error(JSON.stringify(parsed.problems, null, 2));
  expect(checkInput(WORKFLOW_SCHEMA, parsed.document)).toEqual([]);
  expect(parsed.warnings).toEqual([]);
  const [trigger] = parsed.workflow.triggers;
  if (trigger?.kind !== 'poll') throw new Error('no poll');
  return trigger;
}

function told(on: string): readonly string[] {
  const parsed = parse(on);
  if (parsed.kind === 'ok') return [];
  return parsed.problems.map(
    ({ path, line, column, message, hint }) => `${path} ${line}:${column} ${message}${hint === null ? '' : ` | ${hint}`}`,
  );
}

describe('a poll', () => {
  test('of which little is said has the documented defaults', () => {
    expect(poll('{ every: 1m, call: stock.check, if: true }')).toEqual({
      kind: 'poll',
      id: 'poll',
      timing: { kind: 'every', everyMs: 60_000 },
      timezone: 'UTC',
      jitterMs: 0,
      startAt: null,
      endAt: null,
      catchUp: 'none',
      overlap: 'skip',
      dst: { gap: 'shift', repeat: 'first' },
      call: 'stock.check',
      probe: {
        workflow: 'orders.poll.poll',
        defaults: {},
        tasks: { probe: { call: 'stock.check' } },
        output: '${{ tasks.probe.output }}',
      },
      condition: expect.objectContaining({ source: 'true' }),
      key: null,
      input: null,
    });
  });

  test('without a name is numbered, the first one not', () => {
    const fields = 'every: 1m, call: stock.check, if: true';
    const parsed = parse(
      `  - poll: { ${fields} }\n  - event: a\n  - poll: { id: own, ${fields} }\n  - poll: { ${fields} }\n  - poll: { ${fields} }`,
    );
    if (parsed.kind === 'bad') throw new Error(JSON.stringify(parsed.problems));
    const polls = parsed.workflow.triggers.filter((trigger) => trigger.kind === 'poll');
    expect(polls.map(({ id, probe }) => [id, probe.workflow])).toEqual(
      ['poll', 'own', 'poll-2', 'poll-3'].map((id) => [id, `orders.poll.${id}`]),
    );
  });

  test('of which everything is said', () => {
    const trigger = poll(
      `
      id: Stock_1
      every: 1h30m
      call: http
      with: { url: "https://stock.example/\${{ schedule.time }}", headers: { authorization: "Bearer \${{ secrets.STOCK }}" } }
      queue: slow
      retry: { maximumAttempts: 1 }
      timeout: { attempt: 5s, total: 10s }
      if: output.body.left < 5 && schedule.previous != null
      key: \${{ output.body.id }}
      input: { left: "\${{ output.body.left }}", at: "\${{ schedule.time }}" }`,
      'defaults: { retry: { jitter: none } }\n',
    );
    expect(trigger).toMatchObject({ id: 'Stock_1', call: 'http', timing: { everyMs: 5_400_000 } });
    expect(trigger.condition?.source).toBe('output.body.left < 5 && schedule.previous != null');
    expect(trigger.probe).toEqual({
      workflow: 'orders.poll.Stock_1',
      defaults: { retry: { jitter: 'none' } },
      tasks: {
        probe: {
          call: 'http',
          with: {
            url: 'https://stock.example/${{ schedule.time }}',
            headers: { authorization: 'Bearer ${{ secrets.STOCK }}' },
          },
          queue: 'slow',
          retry: { maximumAttempts: 1 },
          timeout: { attempt: '5s', total: '10s' },
        },
      },
      output: '${{ tasks.probe.output }}',
    });
  });

  test('names what it calls, for the warning that no executor hosts it', () => {
    const parsed = parse('  - poll: { every: 1s, call: stock.check, queue: slow, if: true }');
    expect(parsed.kind === 'ok' && parsed.calls).toEqual([
      { call: 'stock.check', queue: 'slow', path: 'on[0].poll.call', line: 3, column: 30 },
    ]);
  });

  test('fires at certain times, as a schedule does and an event does not', () => {
    const parsed = parse('  - poll: { every: 1m, call: x, if: true }\n  - schedule: { id: s, every: 1m }\n  - event: a');
    expect(parsed.kind === 'ok' && parsed.workflow.triggers.map(isTimed)).toEqual([true, true, false]);
  });

  test('has probes of a name that no document can have', () => {
    expect(readProbeName('orders.poll.Stock_1')).toEqual({ workflow: 'orders', poll: 'Stock_1' });
    expect(readProbeName('orders')).toBeNull();
  });
});

describe('refused is', () => {
  const REQUIRED = 'every: 1m, call: x, if: true';

  test.each([
    [
      'poll: 1m',
      'on[0].poll 3:11 `poll` must be a map such as { every: 1m, call: orders.check, if: output.ready }, not the text "1m"',
    ],
    ['poll: { call: x, if: true }', 'on[0].poll 3:11 the poll does not say how often it looks | `every: 1m`, at least 1s'],
    ['poll: { every: 1m, if: true }', 'on[0].poll 3:11 the poll has no `call` | the handler that looks: `call: orders.check`'],
    [
      'poll: { every: 1m, call: x }',
      'on[0].poll 3:11 the poll has no `if` | a condition on what the call returned: `if: output.ready`; `if: true` starts a run each time',
    ],
    [
      'poll: { every: 999ms, call: x, if: true }',
      'on[0].poll.every 3:20 `every` must be at least 1s, not the text "999ms" | a queue of events is made for more than that',
    ],
    [
      'poll: { every: often, call: "${{ output }}", if: 5, queue: a b, retry: { maximumAttempts: -1 }, timeout: 5 }',
      'on[0].poll.every 3:20 `every`: "often" is not a duration | write it like 250ms, 5s, 1.5s, 1h30m or 2d',
      'on[0].poll.call 3:33 `call` must be written out, not the text "${{ output }}" | an expression cannot choose the handler; use tasks with `if`',
      'on[0].poll.if 3:54 `if` must be an expression, not the number 5',
      'on[0].poll.queue 3:64 `queue` must be the name of a queue (letters, digits, - and _), not the text "a b"',
      'on[0].poll.retry.maximumAttempts 3:95 maximumAttempts must be a whole number, 0 or more, not -1 | 1 = never retry, 0 = no limit',
      'on[0].poll.timeout 3:110 `timeout` must be a duration with a unit, not the number 5 | say which: 5s is seconds, 5ms milliseconds',
    ],
    [`poll: { id: a b, ${REQUIRED} }`, 'on[0].poll.id 3:17 `id` must be a name of letters, digits, - and _, not the text "a b"'],
    [`poll: { ${REQUIRED}, evry: 1m }`, 'on[0].poll.evry 3:43 unknown field `evry` | did you mean `every`?'],
    [
      `poll: { ${REQUIRED}, succeedWhen: output.ok, cron: "* * * * *" }`,
      'on[0].poll.succeedWhen 3:43 `succeedWhen` is not allowed here | say it in `if`: what the call returned is `output`',
      'on[0].poll.cron 3:67 `cron` is not allowed here | a poll looks every so often, counted from 1970: at set times a `schedule` starts a run that looks',
    ],
    [`{ poll: { ${REQUIRED} }, key: a }`, 'on[0].key 3:47 `key` is not allowed here | put it inside `poll`'],
  ])('%s', (on, ...problems) => {
    expect(told(`  - ${on}`)).toEqual(problems);
  });

  test('what reads more than there is when a poll looks', () => {
    const on = `  - poll:
      every: 1m
      call: x
      with: { a: "\${{ output.a }}", b: "\${{ schedule.tim }}", c: "\${{ input.c }}" }
      if: tasks.a.output.ready
      key: run.id
      input: { secret: "\${{ secrets.A }}", e: "\${{ event.data }}" }`;
    const result = 'a poll reads `output`, what its call returned, and schedule.time or schedule.previous';
    const call = '`with` of a poll reads schedule.time, schedule.previous and secrets';
    expect(told(on)).toEqual([
      `on[0].poll.with.a 6:23 \`output\` cannot be read here | ${call}`,
      'on[0].poll.with.b 6:45 `schedule` has no field `tim` | did you mean `time`?',
      `on[0].poll.with.c 6:71 \`input\` cannot be read here | ${call}`,
      `on[0].poll.if 7:11 \`tasks\` cannot be read here | ${result}`,
      `on[0].poll.key 8:12 \`run\` cannot be read here | ${result}`,
      `on[0].poll.input.secret 9:29 \`secrets\` cannot be read here | ${result}`,
      `on[0].poll.input.e 9:52 \`event\` cannot be read here | ${result}`,
    ]);
  });

  test('an id that another poll or a schedule has', () => {
    const on = `  - poll: { id: poll-2, ${REQUIRED} }
  - poll: { ${REQUIRED} }
  - poll: { ${REQUIRED} }
  - schedule: { id: poll, every: 1m }`;
    expect(told(on)).toEqual([
      'on[2].poll 5:11 there is a schedule or poll `poll-2` already | each needs an `id` of its own',
      'on[3].schedule.id 6:21 there is a schedule or poll `poll` already | each needs an `id` of its own',
    ]);
  });
});
