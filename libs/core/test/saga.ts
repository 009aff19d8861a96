import { failWith, Interpreter, succeedWith } from '@reprise/testing';
import { pathOf } from '../src/address.js';
import type { Json } from '../src/json.js';

/** Reserves, charges, and has no truck to ship: what it did has to be undone. */
export const SAGA = `
workflow: saga
tasks:
  - id: reserve
    call: stock.reserve
    compensate: { call: stock.release, with: { of: "\${{ output.id }}" } }
  - id: charge
    call: payments.charge
    compensate:
      call: payments.refund
      with: { charge: "\${{ tasks.charge.output.id }}", why: "\${{ run.error.code }}", stock: "\${{ tasks.reserve.output.id }}" }
  - { id: ship, call: shipping.ship, retry: { maximumAttempts: 1 } }
`;

export const ANSWERS = {
  'stock.reserve': succeedWith({ id: 'r1' }),
  'payments.charge': succeedWith({ id: 'c1' }),
  'shipping.ship': failWith('NO_TRUCK', { retryable: false }),
};

/** The paths of the calls, in the order in which executors took them. */
export function order({ executor, workflow }: Interpreter): readonly string[] {
  const paths = executor.claims.map(({ key }) => {
    const [node = '', at = ''] = key.split(':');
    return pathOf(workflow, { node: Number(node), at });
  });
  return [...new Set(paths)];
}

export const input = (run: Interpreter, path: string): Json => JSON.parse(run.task(path)?.input ?? 'null');
