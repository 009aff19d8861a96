import { describe, expect, test } from '@jest/globals';
import { answering, failWith, Interpreter, type SimulatedAnswer, succeedWith } from '@reprise/testing';
import { runId } from '../../ids.js';
import type { JsonText } from '../../json.js';
import { explainWhy } from '../../retry/index.js';
import type { Answerer } from '../state/outcome.js';

const OTHER = runId('018f3c2e-0000-7000-8000-0000000000aa');
const no = failWith('NO_TRUCK', { retryable: false });

/** As the ledger answers for a key whose owner has succeeded. */
const answeredBy = (owner?: Answerer): SimulatedAnswer => ({
  outcome: {
    kind: 'succeeded',
    output: '{"id":"c1"}' as JsonText,
    fromLedger: true,
    ...(owner === undefined ? {} : { owner }),
  },
});

const statusOf = (run: Interpreter, ...paths: readonly string[]) => paths.map((path) => run.task(path)?.status ?? null);

const SAGA = `workflow: saga
tasks:
  - { id: charge, call: charge, compensate: { call: refund } }
  - { id: ship, call: ship }`;

describe('a success that answers for a task', () => {
  test('and is another run’s is not undone by this one, and the task says whose it is', () => {
    const handler = answering({ charge: answeredBy({ run: OTHER, node: 0, at: '' }), ship: no });
    const run = Interpreter.of(SAGA, { handler }).toRest();
    expect([run.run.status, run.run.progress.compensated]).toEqual(['failed', false]);
    expect(statusOf(run, 'charge', 'charge:compensate')).toEqual(['succeeded', null]);
    const why = run.task('charge')?.why ?? null;
    expect(why).toEqual({ reason: 'answered', run: OTHER, before: null });
    expect(why === null ? '' : explainWhy(why)).toBe(`answered from the ledger: run ${OTHER} did it`);
  });

  test('is as good as its own where nobody says whose it is', () => {
    const run = Interpreter.of(SAGA, { handler: answering({ charge: answeredBy(), ship: no }) }).toRest();
    expect(statusOf(run, 'charge:compensate')).toEqual(['succeeded']);
  });

  test('after a failure of its own leaves the record of why it was tried again', () => {
    const handler = answering({
      charge: ({ failures }) => (failures === 0 ? failWith('BUSY') : answeredBy({ run: OTHER, node: 0, at: '' })),
      ship: no,
    });
    const run = Interpreter.of(SAGA, { handler }).toRest();
    expect(run.attemptsOf('charge')).toMatchObject([
      { outcome: 'failed' },
      { outcome: 'succeeded', why: { reason: 'answered', run: OTHER, before: { reason: 'failure', code: 'BUSY' } } },
    ]);
    expect(statusOf(run, 'charge:compensate')).toEqual([null]);
  });

  test('and is another task’s of the same run is undone once: by that task if it knows how, else by this one', () => {
    const twice = (first: string) => `workflow: twice
tasks:
  - { id: a, call: charge${first} }
  - { id: b, call: charge, compensate: { call: refund } }
  - { id: ship, call: ship }`;
    const play = (first: string): Interpreter => {
      const run: Interpreter = Interpreter.of(twice(first), {
        handler: answering({
          charge: ({ path }) => (path === 'a' ? succeedWith({ id: 'c1' }) : answeredBy({ run: run.run.id, node: 0, at: '' })),
          ship: no,
        }),
      });
      return run.toRest();
    };
    expect(statusOf(play(', compensate: { call: refund }'), 'a:compensate', 'b:compensate')).toEqual(['succeeded', null]);
    expect(statusOf(play(''), 'b:compensate')).toEqual(['succeeded']);
  });
});
