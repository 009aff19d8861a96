import { describe, expect, test } from '@jest/globals';
import { type BadDocument, told } from '../../../test/told.js';

const ROWS: readonly BadDocument[] = [
  [
    'a repeat that never says when to stop',
    'workflow: w\ntasks:\n  a: { call: x, repeat: {} }\n  b: { call: x, repeat: { interval: 1s } }\n  c: { call: x, repeat: 3 }',
    'tasks.a.repeat 3:25 `repeat` does not say when to stop | add `until`, `while` or, for a number of rounds, `maximum`',
    'tasks.b.repeat 4:25 `repeat` does not say when to stop | add `until`, `while` or, for a number of rounds, `maximum`',
    'tasks.c.repeat 5:25 `repeat` must be a map, not the number 3 | for example { until: output.done, interval: 30s }',
  ],
  [
    'rounds and waits out of range',
    'workflow: w\ntasks:\n  a: { call: x, repeat: { maximum: 0 } }\n  b: { call: x, repeat: { maximum: 100001 } }\n  c: { call: x, repeat: { until: output, interval: 5 } }\n  d: { call: x, repeat: { until: output, untli: x, interval: soon } }',
    'tasks.a.repeat.maximum 3:36 `maximum` must be a whole number from 1 to 100000, not the number 0',
    'tasks.b.repeat.maximum 4:36 `maximum` must be a whole number from 1 to 100000, not the number 100001',
    'tasks.c.repeat.interval 5:52 `interval` must be a duration with a unit, not the number 5 | say which: 5s is seconds, 5ms milliseconds',
    'tasks.d.repeat.untli 6:42 unknown field `untli` | did you mean `until`?',
    'tasks.d.repeat.interval 6:62 `interval`: "soon" is not a duration | write it like 250ms, 5s, 1.5s, 1h30m or 2d',
  ],
  [
    'a round read where there is none, a field it has not, the output before there is one',
    'workflow: w\ntasks:\n  a:\n    if: round.number > 1\n    repeat: { while: "round.numbr < 5 && outptu.more", interval: "${{ output.wait }}" }\n    call: x\n    with: "${{ output }}"\n  b: { needs: [a], call: x, with: "${{ round.last }}" }',
    'tasks.a.if 4:9 `round` can be read only inside a repeat | in `if` and `forEach` of the task itself no round has begun yet',
    'tasks.a.repeat.while 5:23 `round` has no field `numbr` | did you mean `number`?',
    'tasks.a.repeat.while 5:42 `outptu` is not known here | did you mean `output`?',
    'tasks.a.with 7:16 `output` can be read only in `succeedWhen`, `repeat`, `compensate` and polls | the output of a task is tasks.ID.output',
    'tasks.b.with 8:40 `round` can be read only inside a repeat | in `if` and `forEach` of the task itself no round has begun yet',
  ],
  [
    'an idempotency key that is the same in every round',
    'workflow: w\ntasks:\n  a:\n    repeat: { maximum: 3 }\n    call: x\n    idempotencyKey: "${{ input.id }}"\n  b:\n    repeat: { maximum: 3 }\n    call: x\n    idempotencyKey: round.number',
    'tasks.a.idempotencyKey 6:21 the key is the same for every round: inside a repeat it must read `round` | add ${{ round.number }}',
    'tasks.b.idempotencyKey 10:21 the key is the text "round.number" itself, the same in every run | write ${{ round.number }}',
  ],
  [
    'of the retry of a group, what is about attempts that an executor holds',
    'workflow: w\ntasks:\n  a:\n    retry: { maximumLost: 3, onExhausted: park, policies: [{ errors: [X], onExhausted: park, retryOn: [Y] }, { maximumAttempts: 2 }] }\n    tasks: [{ id: b, call: x }]',
    'tasks.a.retry.maximumLost 4:14 `maximumLost` is not allowed here | no executor holds a group, so it cannot be lost: put it in the `retry` of the calls inside',
    'tasks.a.retry.onExhausted 4:30 `onExhausted` is not allowed here | a group is not parked: what fails in it may be, with `onExhausted` of its own `retry`',
    'tasks.a.retry.policies[0].onExhausted 4:75 `onExhausted` is not allowed here | a group is not parked: what fails in it may be, with `onExhausted` of its own `retry`',
    'tasks.a.retry.policies[0].retryOn 4:94 `retryOn` is not allowed here | a rule is chosen by its `errors`',
    'tasks.a.retry.policies[1] 4:110 the rule has no `errors` | list the error codes it is for: errors: [http.5*]',
  ],
  [
    'of the retry of a group, values out of range',
    'workflow: w\ntasks:\n  a:\n    retry: { maximumAttempts: -1 }\n    tasks: [{ id: b, call: x }]',
    'tasks.a.retry.maximumAttempts 4:31 maximumAttempts must be a whole number, 0 or more, not -1 | 1 = never retry, 0 = no limit',
  ],
];

describe('a bad document is told where, what and how: repeat, and retry of groups', () => {
  test.each(ROWS)('%s', (_, document, ...problems) => {
    expect(told(document).sort()).toEqual([...problems].sort());
  });
});

describe('a good one passes', () => {
  test.each([
    [
      'until and while, which read the output, the round and the loop around it',
      'a: { forEach: [1], call: x, repeat: { until: "output.done || round.last == each.value", while: "${{ round.number < 5 }}" } }',
    ],
    [
      'a number of rounds alone, each with a key of its own',
      'a: { call: x, repeat: { maximum: 5 }, idempotencyKey: "k-${{ round.number }}" }',
    ],
    ['an interval that an expression gives', 'a: { call: x, repeat: { maximum: 5, interval: "${{ output.wait }}" } }'],
    ['rounds of a group, read inside', 'a: { repeat: { maximum: 2 }, tasks: [{ id: b, call: x, with: "${{ round.last }}" }] }'],
    [
      'a retry of a group',
      'a: { retry: { maximumAttempts: 5, policies: [{ errors: [X], backoff: fixed }] }, tasks: [{ id: b, call: x }] }',
    ],
  ])('%s', (_, task) => {
    expect(told(`workflow: w\ntasks:\n  ${task}`)).toEqual([]);
  });
});
