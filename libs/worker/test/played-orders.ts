import { inTurn, TesterError, testWorkflow } from '../src/testing/index.js';

/** A workflow that tests play: a reservation, and a charge that is tried three times. */
export const ORDERS = `
workflow: orders
input: { type: object, required: [orderId], properties: { orderId: { type: string } } }
tasks:
  reserve: { call: stock.reserve, with: { order: "\${{ input.orderId }}" } }
  charge:
    needs: [reserve]
    call: payments.charge
    with: { amount: "\${{ tasks.reserve.output.total }}" }
    retry: { maximumAttempts: 3, initialInterval: 1s, jitter: none, nonRetryable: [CARD_DECLINED] }
    timeout: 1m
output: { receipt: "\${{ tasks.charge.output.id }}" }
`;
export const stock = { 'stock.reserve': { total: 12 } };
/** With this for the charge. */
export const orders = (charge: Parameters<typeof inTurn>[0]) =>
  testWorkflow(ORDERS, { handlers: { ...stock, 'payments.charge': charge } });
export const INPUT = { orderId: 'A1' };

/** What a promise was rejected with by the tester. */
export const refusal = async (promise: Promise<unknown>): Promise<TesterError> => {
  const error = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof TesterError)) throw new Error(`not refused: ${String(error)}`);
  return error;
};
