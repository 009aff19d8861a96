import { expect, test } from '@jest/globals';
import { ExpressionError, evaluate, parseExpression } from '../src/expression/index.js';
import type { Json } from '../src/json.js';

export const data = {
  input: { orderId: 'o-1', sku: 'A7', customer: 'ada', total: 12.5, count: 3, tags: ['b', 'a'], note: null, 'odd key': 1 },
  tasks: {
    charge: { output: { id: 'ch_1', status: 'captured' }, status: 'succeeded', attempts: 2 },
    ship: { output: null, status: 'skipped' },
    pages: {
      items: [
        { status: 'succeeded', output: { n: 1 } },
        { status: 'failed', output: null },
      ],
    },
  },
  event: { id: 'e1', data: { id: 7, sku: 'A7', customer: 'ada', total: 0, currency: 'EUR' } },
  run: { id: 'r1', startedAt: '2026-01-31T12:00:00Z', error: { code: 'TIMEOUT' } },
  output: { status: 'captured' },
  round: { number: 1, last: null },
  lists: { numbers: [3, 1, 2], mixed: [1, 'x', null, true, { a: [1] }], empty: [] },
};

export const run = (source: string): Json => evaluate(parseExpression(source), data);
export function failure(work: () => unknown): ExpressionError {
  try {
    work();
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

export const yields = (cases: readonly (readonly [string, Json])[]) => {
  test.each(cases)('%s', (source, expected) => {
    expect(run(source)).toStrictEqual(expected);
  });
};
export const fails = (cases: readonly (readonly [string, string])[]) => {
  test.each(cases)('%s', (source, message) => {
    expect(failure(() => run(source)).message).toContain(message);
  });
};
