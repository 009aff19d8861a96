import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AckWindow } from './ack-window.js';

/** Deliveries 1…n, settled in any order, some with a requeue. */
const histories = fc.integer({ min: 1, max: 30 }).chain((count) =>
  fc.record({
    order: fc.shuffledSubarray(
      Array.from({ length: count }, (_, index) => index + 1),
      { minLength: 0, maxLength: count },
    ),
    requeued: fc.subarray(Array.from({ length: count }, (_, index) => index + 1)),
  }),
);

describe('the acknowledgement window', () => {
  test('never acknowledges an unfinished delivery, nor one given back, and leaves nothing behind a finished prefix', () => {
    fc.assert(
      fc.property(histories, ({ order, requeued }) => {
        const window = new AckWindow<number>();
        const settled = new Set<number>();
        let acknowledged = 0;
        for (const tag of order) {
          settled.add(tag);
          if (requeued.includes(tag)) window.requeued(tag);
          else window.done(tag, tag);
          const upTo = window.advance();
          if (upTo === null) continue;
          expect(upTo).toBeGreaterThan(acknowledged);
          expect(requeued).not.toContain(upTo);
          acknowledged = upTo;
        }
        for (let tag = 1; tag <= acknowledged; tag += 1) expect(settled).toContain(tag);
        let prefix = 0;
        while (settled.has(prefix + 1)) prefix += 1;
        for (let tag = acknowledged + 1; tag <= prefix; tag += 1) expect(requeued).toContain(tag);
      }),
    );
  });
});
