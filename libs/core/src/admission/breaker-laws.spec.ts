import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { heard, names, Scene, tally } from '../../test/dependency-scene.js';

describe('whatever happens', () => {
  const steps = fc.array(
    fc.record({
      kind: fc.constantFrom('ask', 'answered', 'failed', 'unheard', 'calls'),
      count: fc.integer({ min: 1, max: 30 }),
      wait: fc.integer({ min: 0, max: 10_000 }),
    }),
    { maxLength: 80 },
  );

  test('no more canaries are out than it says, an attempt that must wait is told a time to come, and one that waits gets through once it is well', () => {
    fc.assert(
      fc.property(steps, (played) => {
        const scene = new Scene();
        let out: readonly string[] = [];
        let number = 0;
        for (const { kind, count, wait } of played) {
          scene.wait(wait);
          if (kind === 'ask') {
            const before = scene.state;
            number += count;
            const passed = scene.passing(names(count, number));
            if (before === 'half-open' && scene.state === 'half-open') expect(passed.length).toBeLessThanOrEqual(3);
            out = [...out, ...passed];
          } else if (kind === 'calls') scene.count(tally(count, Math.floor(count / 2)));
          else {
            scene.count(heard(out.slice(0, count), kind as 'answered'));
            out = out.slice(count);
          }
          const { breaker } = scene.dependency;
          if (breaker.state === 'half-open') expect(breaker.canaries.length).toBeLessThanOrEqual(3);
          expect(scene.dependency.seconds.length).toBeLessThanOrEqual(61);
        }
        // It is well from now on: whoever keeps coming when told gets through, and after that everybody does.
        for (let round = 0; scene.state !== 'closed'; round += 1) {
          expect(round).toBeLessThan(1_000);
          const answer = scene.ask('patient', { again: true });
          if (answer.kind === 'hold') {
            expect(answer.startAt).toBeGreaterThan(scene.now);
            scene.wait(answer.startAt - scene.now);
          } else scene.wait(10).count(heard(['patient'], 'answered'));
        }
        expect(scene.passing(names(100, 50_000))).toHaveLength(100);
      }),
    );
  });
});
