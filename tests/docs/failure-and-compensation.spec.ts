import { expect, test } from '@jest/globals';
import { pathOf } from '@reprise/core';
import { answering, failWith, Interpreter, succeedWith } from '@reprise/testing';
import { blocksOf, pages } from './pages.js';

const [shown] = pages()
  .filter(({ path }) => path === 'docs/failure-and-compensation.md')
  .flatMap(blocksOf);

/** The page's own example, with a world in which no flight is to be had. */
const trip = (payment = succeedWith({ charge: 'c-17' })): Interpreter =>
  Interpreter.of(shown?.text ?? '', {
    input: { id: 't1', from: 'BER', to: 'LIS' },
    handler: answering({
      'hotels.book': succeedWith({ booking: 'h-3' }),
      'payments.charge': payment,
      'flights.book': failWith('SOLD_OUT', { retryable: false }),
    }),
  }).toRest();

const calls = ({ executor, workflow }: Interpreter): readonly string[] =>
  executor.claims.map(({ key }) => {
    const [node = '', at = ''] = key.split(':');
    return pathOf(workflow, { node: Number(node), at });
  });

const given = (run: Interpreter, path: string): unknown => JSON.parse(run.task(path)?.input ?? 'null');

test('the trip on the page is undone as the page says', () => {
  const run = trip();
  expect(calls(run)).toEqual(['hotel', 'payment', 'flight', 'payment:compensate', 'hotel:compensate', 'onFailure.tell']);
  expect(given(run, 'payment:compensate')).toEqual({ charge: 'c-17', trip: 't1', because: 'SOLD_OUT' });
  expect(given(run, 'hotel:compensate')).toEqual({ booking: 'h-3' });
  expect(given(run, 'onFailure.tell')).toEqual({ trip: 't1', error: 'SOLD_OUT happened', flight: 'failed' });
  expect(run.run).toMatchObject({ status: 'failed', error: { code: 'SOLD_OUT', task: 'flight' } });
});

test('a payment that may have happened is refunded without its charge, by the trip it was for', () => {
  const run = trip(failWith('http.TIMEOUT', { retryable: false }));
  expect(calls(run)).toEqual(['hotel', 'payment', 'payment:compensate', 'hotel:compensate', 'onFailure.tell']);
  expect(given(run, 'payment:compensate')).toEqual({ charge: null, trip: 't1', because: 'http.TIMEOUT' });
});
