import { describe, expect, test } from '@jest/globals';
import type { TaskError } from '@reprise/core';
import { adviseRun, type ParentState } from './advise-run.js';
import type { EffectView, RunView, TaskView } from './http-shapes.js';

type Advised = Parameters<typeof adviseRun>[0];

const run = (over: Partial<Advised> = {}): Advised => ({
  id: 'ID',
  workflow: 'trip',
  version: null,
  versionNumber: 1,
  status: 'failed',
  closing: null,
  scheduledFor: null,
  trigger: 'api',
  key: null,
  labels: {},
  error: { code: 'CARD_DECLINED', message: 'declined', task: 'charge' },
  createdAt: '2030-01-01T00:00:00.000Z',
  startedAt: '2030-01-01T00:00:00.000Z',
  endedAt: null,
  input: null,
  output: null,
  dueAt: null,
  phase: null,
  compensated: false,
  rerunOf: null,
  parent: null,
  parentTask: null,
  tasks: [],
  tasksNext: null,
  ...over,
});
const failed = (error: TaskError | null, over: Partial<Advised> = {}) => run({ error, ...over });
const tasks = (...statuses: readonly TaskView['status'][]): RunView['tasks'] =>
  statuses.map((status, index) => ({ path: `page[${index}].charge`, status, error: null, effects: [] }) as unknown as TaskView);
const parkedWith = (...states: readonly EffectView['state'][]): RunView['tasks'] => {
  const effects = states.map((state, index) => ({ name: `e${index}`, state }) as EffectView);
  return [
    { path: 'charge', status: 'parked', error: { code: 'IN_DOUBT', message: 'who knows' }, effects } as unknown as TaskView,
  ];
};
const parent = (over: Partial<ParentState> = {}): ParentState => ({
  id: 'PARENT',
  status: 'failed',
  compensated: false,
  isChild: false,
  waits: false,
  ...over,
});
const shipped = { path: 'ship', status: 'failed', child: { run: 'CHILD', workflow: 'shipping', status: 'failed' } } as TaskView;
const child = run({ parent: 'PARENT', parentTask: 'ship' });
const cancelled = (over: Partial<Advised>) => run({ status: 'cancelled', ...over });
const doubtful = (state: string, onInDoubt: string) =>
  [{ path: 'charge', status: 'cancelled', effects: [{ name: 'card', state, onInDoubt }] }] as unknown as RunView['tasks'];
const asked = { code: 'CANCELLED', message: 'cancelled', details: { by: 'ann', reason: null } };

const GOES_ON = 'it goes on from charge, nothing that succeeded runs again';
const RETRY = `correct the cause, then \`reprise run retry ID\`: ${GOES_ON}`;
const CORRECTED = 'correct the workflow, register it and start the run again on it: `reprise run rerun ID --version latest`';
const GONE = 'run PARENT had started it, has seen it fail and gone on';

describe('what to do next', () => {
  test.each<[string, Advised, ParentState | null, string | null]>([
    ['of a run that has failed', run(), null, RETRY],
    [
      'of one that has ended with an effect in doubt',
      cancelled({ tasks: [...tasks('succeeded'), ...doubtful('intended', 'probe')] }),
      null,
      'nobody knows whether card of charge has happened: find out, then `reprise run settle ID charge --happened|--not-happened card`',
    ],
    ['of one whose doubts do not matter', cancelled({ tasks: doubtful('in_doubt', 'fail') }), null, null],
    ['of one whose effects are known', run({ status: 'succeeded', tasks: doubtful('committed', 'park') }), null, null],
    [
      'of one that its timeout has ended',
      failed({ code: 'TIMEOUT', message: 'the run', details: { kind: 'run' } }),
      null,
      'correct the cause, then `reprise run retry ID`: it goes on from where it stopped, nothing that succeeded runs again',
    ],
    [
      'of one that is undone',
      run({ compensated: true }),
      null,
      'what it did has been undone, so it cannot be retried: correct the cause, then start it again: `reprise run rerun ID`',
    ],
    [
      'of one whose expression fails',
      failed({ code: 'EXPRESSION', message: 'no such key', task: 'charge' }),
      null,
      `the same again would fail again: ${CORRECTED}`,
    ],
    [
      'of one whose input does not do',
      failed({ code: 'INVALID_INPUT', message: 'amount', task: 'charge' }),
      null,
      `${CORRECTED}; with other input: \`reprise run start trip --input …\`; was the handler or a secret wrong, \`reprise run retry ID\`: ${GOES_ON}`,
    ],
    [
      'of one that may have happened',
      failed({ code: 'IN_DOUBT', message: 'nobody knows', task: 'charge' }),
      null,
      'nobody knows whether it has done its work: find out first, then `reprise run retry ID` does it once more',
    ],
    [
      'of one that the engine could not carry on',
      failed({ code: 'INTERNAL', message: 'a dead letter' }),
      null,
      'correct the cause (`reprise dlq list` has more), then `reprise run retry ID`: it goes on from where it stopped, nothing that succeeded runs again',
    ],
    ['of one whose handler threw', failed({ code: 'INTERNAL', message: 'x', task: 'charge' }), null, RETRY],
    ['of one that says nothing of why', failed(null), null, RETRY.replace('charge', 'where it stopped')],
    [
      'of one whose child has failed, with whatever code',
      failed({ code: 'EXPRESSION', message: 'run CHILD failed', task: 'ship' }, { tasks: [shipped] }),
      null,
      'correct the cause (`reprise run show CHILD` has it), then `reprise run retry ID`: it goes on from ship, nothing that succeeded runs again',
    ],
    ['of a probe: the next one comes by itself', run({ trigger: 'probe' }), null, null],
    ['of a child that its parent still waits for', child, parent({ waits: true }), RETRY],
    ['of a child', child, parent(), `${GONE}: correct the cause, then \`reprise run retry PARENT\` starts this one anew`],
    [
      'of a child that is undone',
      { ...child, compensated: true },
      parent(),
      `${GONE}: correct the cause, then \`reprise run retry PARENT\` starts this one anew`,
    ],
    [
      'of a child whose parent is undone',
      child,
      parent({ compensated: true }),
      `${GONE}: \`reprise run show PARENT\` says what to do next`,
    ],
    ['of a child of a child', child, parent({ isChild: true }), `${GONE}: \`reprise run show PARENT\` says what to do next`],
    [
      'of a child whose parent goes on',
      child,
      parent({ status: 'running' }),
      `${GONE}: \`reprise run watch PARENT\` shows what becomes of it`,
    ],
    [
      'of a child whose parent was cancelled',
      child,
      parent({ status: 'cancelled' }),
      `${GONE}, and was cancelled: \`reprise run show PARENT\` says more`,
    ],
    ['of a child that its parent did without', child, parent({ status: 'succeeded' }), null],
    [
      'of a child whose parent is deleted',
      child,
      null,
      'run PARENT had started it and is not kept any more: `reprise run rerun ID` starts it again by itself',
    ],
    [
      'of one that somebody cancelled',
      cancelled({ error: asked }),
      null,
      'if it is wanted after all, start it again: `reprise run rerun ID`',
    ],
    [
      'of one that gave its place to another',
      cancelled({ error: { ...asked, details: { by: null, reason: 'run B takes its place' } } }),
      null,
      null,
    ],
    ['of one cancelled without saying why', cancelled({ error: { code: 'CANCELLED', message: 'cancelled' } }), null, null],
    ['of one that ended with its parent', cancelled({ error: asked, parent: 'PARENT' }), null, null],
    ['of one that was skipped', cancelled({ error: { code: 'CONCURRENCY_SKIPPED', message: 'skipped' } }), null, null],
    [
      'of one with a parked task',
      run({ status: 'running', error: null, tasks: tasks('succeeded', 'parked') }),
      null,
      'page[1].charge is parked and waits for you: find out what it has come to, then `reprise run resolve ID page[1].charge succeeded|failed|retry`',
    ],
    [
      'of one with several',
      run({ status: 'running', error: null, tasks: tasks('parked', 'parked', 'running', 'parked') }),
      null,
      'page[0].charge (and 2 more) is parked and waits for you: find out what it has come to, then `reprise run resolve ID page[0].charge succeeded|failed|retry`',
    ],
    [
      'of one with an effect in doubt',
      run({ status: 'running', error: null, tasks: parkedWith('in_doubt', 'committed') }),
      null,
      "charge is parked and waits for you: its effect e0 may have happened: look for its key in the other system, then `reprise run resolve ID charge retry --happened 'e0=RESULT'` if it has, `--not-happened e0` if it has not; what is not named is done again",
    ],
    [
      'of one with several, also such as an attempt that died has begun',
      run({ status: 'running', error: null, tasks: parkedWith('in_doubt', 'intended') }),
      null,
      "charge is parked and waits for you: its effects e0, e1 may have happened: look for their keys in the other system, then `reprise run resolve ID charge retry --happened 'NAME=RESULT'` for each that has, `--not-happened NAME` for each that has not; what is not named is done again",
    ],
    [
      'of one in doubt that has recorded nothing',
      run({ status: 'running', error: null, tasks: parkedWith() }),
      null,
      'charge is parked and waits for you: it may have done its work: find out, then `reprise run resolve ID charge succeeded --result RESULT` if it has, `reprise run resolve ID charge retry` if it has not: it is done again',
    ],
    [
      'of one that is paused',
      run({ status: 'paused', error: null }),
      null,
      'it is paused: `reprise run resume ID` lets it go on',
    ],
    ['of one that runs', run({ status: 'running', error: null, tasks: tasks('running') }), null, null],
    ['of one that waits for its place', run({ status: 'queued', error: null }), null, null],
    ['of one that succeeded', run({ status: 'succeeded', error: null }), null, null],
  ])('%s', (_what, view, from, expected) => {
    expect(adviseRun(view, from)).toBe(expected);
  });
});
