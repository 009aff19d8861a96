import { describe, expect, test } from '@jest/globals';
import { fatesFrom, Interpreter, workflowOf } from '@reprise/testing';
import fc from 'fast-check';
import { runId, versionId } from '../ids.js';
import type { JsonText } from '../json.js';
import { concurrencyKey } from './expressions/concurrency-key.js';
import { queueRun, skipRun } from './queue-run.js';
import { NO_ORIGIN } from './state/origin.js';

const document = 'workflow: w\ntimeout: 1m\nconcurrency: { key: input.customer }\ntasks: { a: { call: x } }';
const queued = (placeAfterMs: number, tape: readonly number[] = []) =>
  Interpreter.of(document, { placeAfterMs, fates: fatesFrom(tape) });
const request = { id: runId('01890000-0000-7000-8000-000000000001'), input: '{}' as JsonText, labels: { team: 'red' } };
const limits = { maxInputBytes: 1, maxOutputBytes: 1, maxItems: 1 };

describe('a queued run', () => {
  test('is a row and nothing else: nobody looks after it, and its timeout has not begun', () => {
    const run = queueRun(workflowOf(document), request, 1_000);
    expect(run).toMatchObject({
      status: 'queued',
      createdAt: 1_000,
      startedAt: null,
      dueAt: null,
      watchAt: null,
      labels: { team: 'red' },
    });
  });

  test('begins when it has its place: from then on its timeout counts, and it is announced', () => {
    const run = queued(3_600_000).advance(3_599_000);
    expect([run.run.status, run.ledger.tasks.size, run.messages]).toEqual(['queued', 0, []]);
    run.advance(1_001);
    expect(run.run).toMatchObject({ status: 'running', startedAt: run.now, dueAt: run.now + 60_000, watchAt: run.now + 60_000 });
    expect(run.messages[0]).toEqual({ kind: 'announce', status: 'started' });
    run.toRest();
    expect(run.run.status).toBe('succeeded');
  });

  test('has no timeout where its workflow has none', () => {
    const run = Interpreter.of('workflow: w\nconcurrency: {}\ntasks: { a: { sleep: 1s } }', { placeAfterMs: 10 }).advance(100);
    expect(run.run).toMatchObject({ status: 'running', dueAt: null });
  });

  test('stays queued when it is looked at too early', () => {
    expect(
      queued(10_000)
        .advance(10)
        .decide([{ kind: 'look' }, { kind: 'recover' }]),
    ).toMatchObject({ run: null, applied: ['stale', 'stale'] });
  });

  test('begins once, however often it is told, and also when it is not', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 1_000 }), { maxLength: 60, size: 'max' }), (tape) => {
        const run = queued(1_000, tape).toRest();
        expect([run.run.status, run.executor.claims.length > 0]).toEqual(['succeeded', true]);
      }),
    );
  });

  test('is cancelled without ever having begun', () => {
    const run = queued(60_000).send({ kind: 'cancel', reason: 'enough', by: 'me' }, 1_000).toRest();
    expect(run.run).toMatchObject({ status: 'cancelled', startedAt: null, error: { code: 'CANCELLED' } });
    expect(run.statusOf('a')).toBe('cancelled');
  });

  test('fails when the engine cannot carry it on', () => {
    const run = queued(60_000)
      .send({ kind: 'abort', error: { code: 'INTERNAL', message: 'm' } }, 1_000)
      .toRest();
    expect(run.run).toMatchObject({ status: 'failed', error: { code: 'INTERNAL' } });
  });
});

describe('a run that is skipped', () => {
  test('ends before it begins, says who has its place, and tells its parent', () => {
    const parent = { run: runId('p'), version: versionId('v'), node: 0, at: '', fence: 1 as never };
    const skipped = skipRun(workflowOf(document), { ...request, origin: { ...NO_ORIGIN, parent } }, 'holder-1', {
      now: 5,
      units: [],
      limits,
    });
    expect(skipped.run).toMatchObject({
      status: 'cancelled',
      startedAt: null,
      endedAt: 5,
      error: { code: 'CONCURRENCY_SKIPPED', details: { holder: 'holder-1' } },
    });
    expect(skipped.messages).toEqual([
      { kind: 'announce', status: 'cancelled' },
      { kind: 'tell-parent', parent },
    ]);
    expect(skipped.tasks).toEqual([]);
  });
});

describe('the concurrency key', () => {
  const keyOf = (concurrency: string, input: Parameters<typeof concurrencyKey>[1]) =>
    concurrencyKey(workflowOf(`workflow: w\n${concurrency}tasks: { a: { sleep: 1s } }`), input);

  test('is rendered on the input; without one all runs of the workflow count together, without `concurrency` none do', () => {
    expect(keyOf('concurrency: { key: "c-${{ input.c }}" }\n', { c: 7 })).toEqual({ kind: 'ok', value: 'c-7' });
    expect(keyOf('concurrency: { key: input.c }\n', { c: 7 })).toEqual({ kind: 'ok', value: '7' });
    expect(keyOf('concurrency: { limit: 3 }\n', {})).toEqual({ kind: 'ok', value: '' });
    expect(keyOf('', {})).toEqual({ kind: 'ok', value: null });
  });

  test.each([
    ['input.none', 'EXPRESSION'],
    ['input.list', 'EXPRESSION'],
  ])('that is none is an error: %s', (key, code) => {
    expect(keyOf(`concurrency: { key: ${key} }\n`, { list: [] })).toMatchObject({ kind: 'error', error: { code } });
  });
});
