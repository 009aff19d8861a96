import { describe, expect, test } from '@jest/globals';
import { workflow } from '@reprise/client';
import { testWorkflow } from '@reprise/worker/testing';

interface Handlers {
  'payments.charge': { input: { amount: number }; output: { id: string } };
}

const orders = workflow<Handlers>()('orders', {
  input: { type: 'object', required: ['total'], properties: { total: { type: 'number' } } },
})
  .task('charge', { call: 'payments.charge', with: ({ input }) => ({ amount: input.total }) })
  .output(({ tasks }) => ({ receipt: tasks.charge.output.id }));

describe('a workflow made in TypeScript', () => {
  const tester = testWorkflow(orders, {
    handlers: { 'payments.charge': ({ amount }: { amount: number }) => ({ id: `r${amount}` }) },
  });

  test('is tested as it is, with the types of its input and output', async () => {
    const run = await tester.run({ total: 7 });
    const receipt: string | undefined = run.output?.receipt;
    expect(receipt).toBe('r7');
  });

  test('has the compiler find an input that cannot be', async () => {
    // @ts-expect-error: the input has a total
    await expect(tester.run({ sum: 7 })).rejects.toThrow('the input does not fit orders');
    const run = await tester.run({ total: 1 });
    // @ts-expect-error: there is no such field
    expect(run.output?.invoice).toBeUndefined();
  });
});
