import { describe, expect, test } from '@jest/globals';
import { parseDocument } from '../document/parse-document.js';
import {
  COMPENSATE_FIELDS,
  CONCURRENCY_FIELDS,
  DEFAULTS_FIELDS,
  DST_FIELDS,
  EMIT_FIELDS,
  FAIL_FIELDS,
  FOR_EACH_FIELDS,
  KIND_FIELDS,
  KINDS,
  POLICY_FIELDS,
  POLL_FIELDS,
  RATE_LIMIT_FIELDS,
  REPEAT_FIELDS,
  RETRY_FIELDS,
  SCHEDULE_FIELDS,
  TASK_FIELDS,
  TIMEOUT_FIELDS,
  TRIGGER_KIND_FIELDS,
  TRIGGER_KINDS,
  WAIT_FOR_FIELDS,
  WORKFLOW_FIELDS,
} from '../document/values/fields.js';
import type { Json } from '../json.js';
import { checkInput } from '../schema/check-input.js';
import { checkSchema } from '../schema/check-schema.js';
import { WORKFLOW_SCHEMA } from './workflow-schema.js';

/** `properties` of the map schema at a path. */
function namesAt(...path: string[]): string[] {
  let schema: unknown = WORKFLOW_SCHEMA;
  for (const step of [...path, 'properties']) schema = Reflect.get(schema as object, step);
  return Object.keys(schema as object).sort();
}

const sorted = (names: readonly string[]): string[] => [...names].sort();

describe('the published schema and the checks agree', () => {
  test('it is a schema', () => {
    expect(checkSchema(WORKFLOW_SCHEMA)).toEqual([]);
  });

  test('on every field there is', () => {
    expect(namesAt()).toEqual(sorted(WORKFLOW_FIELDS.known));
    expect(namesAt('properties', 'defaults')).toEqual(sorted(DEFAULTS_FIELDS.known));
    expect(namesAt('$defs', 'schedule')).toEqual(sorted(SCHEDULE_FIELDS.known));
    expect(namesAt('$defs', 'poll')).toEqual(sorted(POLL_FIELDS.known));
    expect(namesAt('$defs', 'schedule', 'properties', 'dst')).toEqual(sorted(DST_FIELDS.known));
    expect(namesAt('$defs', 'trigger')).toEqual(sorted([...new Set(TRIGGER_KINDS.flatMap((kind) => TRIGGER_KIND_FIELDS[kind]))]));
    expect(namesAt('$defs', 'task')).toEqual(
      sorted([...new Set([...TASK_FIELDS, ...KINDS, ...KINDS.flatMap((kind) => KIND_FIELDS[kind])])]),
    );
    expect(namesAt('$defs', 'task', 'properties', 'forEach', 'anyOf', '1')).toEqual(sorted(FOR_EACH_FIELDS.known));
    expect(namesAt('$defs', 'task', 'properties', 'repeat')).toEqual(sorted(REPEAT_FIELDS.known));
    expect(namesAt('$defs', 'task', 'properties', 'fail')).toEqual(sorted(FAIL_FIELDS.known));
    expect(namesAt('$defs', 'task', 'properties', 'rateLimit')).toEqual(sorted(RATE_LIMIT_FIELDS.known));
    expect(namesAt('properties', 'concurrency')).toEqual(sorted(CONCURRENCY_FIELDS.known));
    expect(namesAt('$defs', 'waitFor')).toEqual(sorted(WAIT_FOR_FIELDS.known));
    expect(namesAt('$defs', 'emit')).toEqual(sorted(EMIT_FIELDS.known));
    expect(namesAt('$defs', 'compensate')).toEqual(sorted(COMPENSATE_FIELDS.known));
    expect(namesAt('$defs', 'retry')).toEqual(sorted(RETRY_FIELDS.known));
    expect(namesAt('$defs', 'rule')).toEqual(sorted(POLICY_FIELDS.known));
    expect(namesAt('$defs', 'timeout', 'anyOf', '1')).toEqual(sorted(TIMEOUT_FIELDS.known));
  });

  const both = (document: Json) => ({
    schema: checkInput(WORKFLOW_SCHEMA, document).length === 0,
    checks: parseDocument(JSON.stringify(document)).kind === 'ok',
  });
  const withTask = (task: Json): Json => ({ workflow: 'w', tasks: { a: task, b: { call: 'x' } } });

  test.each<[string, Json]>([
    [
      'a call',
      {
        call: 'payments.charge',
        with: { a: [1] },
        queue: 'q-1',
        effect: 'transactional',
        idempotencyKey: '${{ input.id }}',
        succeedWhen: 'output == 1',
      },
    ],
    ['a compensation', { tasks: { c: { call: 'x' } }, compensate: { call: 'y', with: [1], retry: { onExhausted: 'fail' } } }],
    ['connectors', { needs: ['b'], if: 'input.x', runWhen: 'done', onError: 'continue', transform: null }],
    ['one need', { needs: 'b', sleep: '1h30m' }],
    [
      'a retry',
      {
        call: 'x',
        retry: {
          maximumAttempts: 0,
          backoff: 'linear',
          jitter: 'equal',
          retryOn: ['http.5*'],
          policies: [{ errors: ['X'], initialInterval: '0s' }],
          onExhausted: 'park',
        },
      },
    ],
    ['a group that lets its branches end', { failFast: false, tasks: [{ id: 'a', call: 'x' }] }],
    ['the time of a group', { timeout: '10m', tasks: [{ id: 'a', call: 'x' }] }],
    ['the time of a child run', { workflow: 'w', timeout: { total: '${{ input.limit }}' } }],
    ['timeouts', { call: 'x', timeout: { attempt: '1.5s', heartbeat: '250ms' } }],
    [
      'loops',
      {
        forEach: { in: 'input.list', as: 'page', parallel: 10_000, tolerate: '10%' },
        tasks: [{ id: 'c', fail: { code: 'X' } }],
        output: 1,
      },
    ],
    ['rounds', { repeat: { until: 'output.done', while: 'true', maximum: 100_000, interval: '${{ output.wait }}' }, call: 'x' }],
    ['a retry of a group', { retry: { maximumAttempts: 2, policies: [{ errors: ['X'] }] }, tasks: [{ id: 'c', call: 'x' }] }],
    ['a wait for anything of a type', { waitFor: { event: 'market.#' } }],
    [
      'a wait',
      {
        waitFor: {
          event: 'order.paid',
          match: 'event.data.id',
          key: '${{ input.id }}',
          if: 'event.data.total > 0',
          count: 1_000,
          timeout: '2d',
          window: '1h',
        },
      },
    ],
    ['a wait as long as the run says', { waitFor: { event: 'a', timeout: '${{ input.a }}', window: '${{ input.b }}' } }],
    [
      'an approval with times of the run',
      {
        approval: {
          subject: 'x',
          remind: { after: '${{ input.a }}', every: '${{ input.b }}' },
          escalate: { after: '${{ input.c }}', to: 'anna' },
          expire: '${{ input.d }}',
        },
      },
    ],
    ['an event', { emit: { type: 'order.${{ input.what }}', subject: 's', data: { a: [1] } } }],
    ['a short loop', { forEach: [1, 2], sleepUntil: '2030-01-31T09:00:00Z' }],
  ])('good: %s', (_, task) => {
    expect(both(withTask(task))).toEqual({ schema: true, checks: true });
  });

  test.each<[string, Json]>([
    ['a compensation that calls nothing', { call: 'x', compensate: { with: 1 } }],
    ['a compensation of a wait', { sleep: '5s', compensate: { call: 'y' } }],
    ['no kind', {}],
    ['two kinds', { call: 'x', sleep: '5s' }],
    ['an unknown field', { call: 'x', retires: 3 }],
    ['a field of another kind', { transform: 1, retry: {} }],
    ['an output without a group', { call: 'x', output: 1 }],
    ['an id in a map', { id: 'c', call: 'x' }],
    ['a handler that is no name', { call: 'a b' }],
    ['a number of seconds', { call: 'x', timeout: 30 }],
    ['a duration without a unit', { call: 'x', timeout: { attempt: '30' } }],
    ['a call that fails fast', { call: 'x', failFast: true }],
    ['the attempt of a group', { tasks: [{ id: 'a', call: 'x' }], timeout: { attempt: '10m' } }],
    ['the time of a group that is none', { tasks: [{ id: 'a', call: 'x' }], timeout: 'soon' }],
    ['an expression for the time of an attempt', { call: 'x', timeout: '${{ input.limit }}' }],
    ['the time of a sleep', { sleep: '1h', timeout: '10m' }],
    ['an unknown limit', { call: 'x', timeout: { run: '30s' } }],
    ['attempts as a text', { call: 'x', retry: { maximumAttempts: '3' } }],
    ['half an attempt', { call: 'x', retry: { maximumAttempts: 1.5 } }],
    ['an unknown backoff', { call: 'x', retry: { backoff: 'expo' } }],
    ['a rule without errors', { call: 'x', retry: { policies: [{}] } }],
    ['an effect that is none', { call: 'x', effect: 'twice' }],
    ['a doubt without an end', { call: 'x', onInDoubt: 'wait' }],
    ['how long no key is kept', { call: 'x', retention: '30d' }],
    ['a loop of nothing', { call: 'x', forEach: { as: 'a' } }],
    ['rounds without an end', { call: 'x', repeat: { interval: '5s' } }],
    ['too many rounds', { call: 'x', repeat: { maximum: 100_001 } }],
    ['a group that is parked', { retry: { onExhausted: 'park' }, tasks: [{ id: 'c', call: 'x' }] }],
    ['a group that is lost', { retry: { maximumLost: 2 }, tasks: [{ id: 'c', call: 'x' }] }],
    ['a retry of a transform', { transform: 1, retry: {} }],
    ['no items at a time', { call: 'x', forEach: { in: [], parallel: 0 } }],
    ['an unknown connector', { call: 'x', runWhen: 'always' }],
    ['an empty group', { tasks: [] }],
    ['a list item without id', { tasks: [{ call: 'x' }] }],
    ['needs in a list', { tasks: [{ id: 'c', call: 'x', needs: [] }] }],
    ['a failure without code', { fail: {} }],
    ['a wait for nothing', { waitFor: {} }],
    ['a key without a match', { waitFor: { event: 'a', key: 'input.id' } }],
    ['a match without a key', { waitFor: { event: 'a', match: 'event.subject' } }],
    ['a wait for no event', { waitFor: { event: 'a', count: 0 } }],
    ['a wait for too many', { waitFor: { event: 'a', count: 1_001 } }],
    ['a wait for a type that is none', { waitFor: { event: 'a..b' } }],
    ['an event without a type', { emit: {} }],
    ['an unknown field of an event', { emit: { type: 'a.b', body: 1 } }],
  ])('bad: %s', (_, task) => {
    expect(both(withTask(task))).toEqual({ schema: false, checks: false });
  });

  test.each<[string, Json]>([
    ['no map', []],
    ['nothing after a failure', { workflow: 'w', onFailure: [], tasks: { a: { call: 'x' } } }],
    ['a graph after a failure', { workflow: 'w', onFailure: { b: { call: 'x' } }, tasks: { a: { call: 'x' } } }],
    [
      'what is undone after a failure',
      { workflow: 'w', onFailure: [{ id: 'b', call: 'x', compensate: { call: 'y' } }], tasks: { a: { call: 'x' } } },
    ],
    ['no tasks', { workflow: 'w' }],
    ['a bad name', { workflow: 'W', tasks: { a: { call: 'x' } } }],
    ['a version of two numbers', { workflow: 'w', version: '1.2', tasks: { a: { call: 'x' } } }],
    ['a later field', { workflow: 'w', onFailure: [], tasks: { a: { call: 'x' } } }],
    ['a poll that does not say what', { workflow: 'w', on: [{ poll: { every: '1m', if: true } }], tasks: { a: { call: 'x' } } }],
    ['a task id with a dash', { workflow: 'w', tasks: { 'a-b': { call: 'x' } } }],
  ])('bad as a whole: %s', (_, document) => {
    expect(both(document)).toEqual({ schema: false, checks: false });
  });
});
