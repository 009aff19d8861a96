import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SlotPool } from './slot-pool.js';

/** Lets everything that can go on go on. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('slots', () => {
  test('are given at once as far as they are free', async () => {
    const slots = new SlotPool(5);
    expect(await slots.take(3)).toBe(3);
    expect(await slots.take(10)).toBe(2);
    expect(slots.taken).toBe(5);
  });

  test('are given in the order of asking, also to who asks for many', async () => {
    const slots = new SlotPool(2);
    await slots.take(2);
    const served: string[] = [];
    const ask = (name: string, wanted: number) => slots.take(wanted).then((granted) => served.push(`${name}:${granted}`));
    const all = [ask('first', 100), ask('second', 1), ask('third', 1)];
    slots.release();
    await settled();
    expect(served).toEqual(['first:1']);
    slots.release(2);
    await Promise.all(all);
    expect(served).toEqual(['first:1', 'second:1', 'third:1']);
  });

  test('are not taken by a newcomer from who has waited', async () => {
    const slots = new SlotPool(1);
    await slots.take(1);
    const served: string[] = [];
    const waiting = slots.take(1).then(() => served.push('waited'));
    slots.release();
    // In the very turn in which the slot has come free.
    const newcomer = slots.take(1).then(() => served.push('newcomer'));
    await waiting;
    slots.release();
    await newcomer;
    expect(served).toEqual(['waited', 'newcomer']);
  });

  test('once closed are given to nobody, who waits included', async () => {
    const slots = new SlotPool(1);
    await slots.take(1);
    const waiting = slots.take(1);
    slots.close();
    slots.release();
    expect(await waiting).toBe(0);
    expect(await slots.take(1)).toBe(0);
    expect(slots.taken).toBe(0);
  });

  test('are never more than there are, and never lost, in any order of asking and giving back', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 8 }),
        fc.array(fc.integer({ min: 1, max: 10 }), { maxLength: 40 }),
        async (size, asks) => {
          const slots = new SlotPool(size);
          let most = 0;
          await Promise.all(
            asks.map(async (wanted) => {
              const granted = await slots.take(wanted);
              expect(granted).toBeGreaterThan(0);
              expect(granted).toBeLessThanOrEqual(wanted);
              most = Math.max(most, slots.taken);
              await settled();
              for (let each = 0; each < granted; each += 1) slots.release();
            }),
          );
          expect(most).toBeLessThanOrEqual(size);
          expect(slots.taken).toBe(0);
        },
      ),
      { numRuns: 50 },
    );
  });
});
