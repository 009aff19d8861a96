import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { GatherBatches } from './gather-batches.js';

interface Step {
  readonly items: readonly number[];
  readonly commit: (error?: Error) => void;
  readonly confirm: (error?: Error) => void;
}

/** Work whose commits and confirms come when the test says so. */
function lane(mostItems: number) {
  const steps: Step[] = [];
  const gather = new GatherBatches<number>(mostItems, (items) => {
    const committed = deferred<{ readonly done: Promise<void> }>();
    const done = deferred<void>();
    steps.push({
      items,
      commit: (error) => (error === undefined ? committed.resolve({ done: done.promise }) : committed.reject(error)),
      confirm: (error) => (error === undefined ? done.resolve() : done.reject(error)),
    });
    return committed.promise;
  });
  return { gather, steps };
}

function deferred<Value>() {
  let resolve: (value: Value) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<Value>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const fate = (promise: Promise<void>): { readonly is: () => string } => {
  let state = 'open';
  promise.then(
    () => {
      state = 'done';
    },
    (error: Error) => {
      state = error.message;
    },
  );
  return { is: () => state };
};

describe('batches', () => {
  test('take along what the same turn brings', async () => {
    const { gather, steps } = lane(100);
    void gather.submit([1]);
    void gather.submit([2, 3]);
    await turn();
    await turn();
    expect(steps.map(({ items }) => items)).toEqual([[1, 2, 3]]);
  });

  test('gather what comes while one is at work, and begin once that is committed, confirmed or not', async () => {
    const { gather, steps } = lane(100);
    const first = fate(gather.submit([1]));
    await turn();
    const later = [gather.submit([2]), gather.submit([3])].map(fate);
    await turn();
    expect(steps.length).toBe(1);
    steps[0]?.commit();
    await turn();
    expect(steps.map(({ items }) => items)).toEqual([[1], [2, 3]]);
    expect(first.is()).toBe('open');
    steps[1]?.commit();
    steps[1]?.confirm();
    await turn();
    expect([first.is(), ...later.map((each) => each.is())]).toEqual(['open', 'done', 'done']);
    steps[0]?.confirm();
    await turn();
    expect(first.is()).toBe('done');
  });

  test('reject only those whose items were in them, at the commit or after it', async () => {
    const { gather, steps } = lane(2);
    const all = [gather.submit([1, 2]), gather.submit([3]), gather.submit([4, 5])].map(fate);
    await turn();
    steps[0]?.commit(new Error('refused'));
    await turn();
    steps[1]?.commit();
    await turn();
    steps[1]?.confirm(new Error('not told'));
    steps[2]?.commit();
    steps[2]?.confirm();
    await turn();
    expect(all.map((each) => each.is())).toEqual(['refused', 'not told', 'done']);
  });

  test('go on after work that throws before it promises anything', async () => {
    let calls = 0;
    const gather = new GatherBatches<number>(10, () => {
      calls += 1;
      if (calls === 1) throw new Error('at once');
      return Promise.resolve({ done: Promise.resolve() });
    });
    await expect(gather.submit([1])).rejects.toThrow('at once');
    await gather.submit([2]);
    expect(calls).toBe(2);
  });

  test('keep the order of submission, lose nothing, and are no larger than allowed unless one submission is', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 10 }),
        fc.array(fc.tuple(fc.integer({ min: 1, max: 14 }), fc.boolean()), { minLength: 1, maxLength: 30 }),
        async (most, submissions) => {
          const batches: (readonly number[])[] = [];
          const gather = new GatherBatches<number>(most, async (items) => {
            batches.push(items);
            await turn();
            return { done: turn() };
          });
          let next = 0;
          const sizes: number[] = [];
          const all: Promise<void>[] = [];
          for (const [size, waits] of submissions) {
            const items = Array.from({ length: size }, () => next++);
            sizes.push(size);
            all.push(gather.submit(items));
            if (waits) await turn();
          }
          await Promise.all(all);
          expect(batches.flat()).toEqual(Array.from({ length: next }, (_, index) => index));
          for (const batch of batches) expect(batch.length <= most || sizes.includes(batch.length)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });
});
