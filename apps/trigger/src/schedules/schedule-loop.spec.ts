import { expect, test } from '@jest/globals';
import type { NextFiring } from '@reprise/ledger';
import { silentLogger } from '@reprise/service';
import { eventually } from '@reprise/testing';
import { ScheduleLoop } from './schedule-loop.js';

const FAR_MS = 3_600_000;

/** A loop over schedules as a test says they are; the clock is the one the test runs by. */
function loopOver(next: (done: readonly string[]) => Partial<NextFiring> | Error) {
  const done: string[] = [];
  let looks = 0;
  const loop = new ScheduleLoop({
    nextFiring: async () => {
      looks += 1;
      const told = next(done);
      if (told instanceof Error) throw told;
      return { now: performance.now(), dueAt: null, isReady: false, hasPending: false, hasBackfills: false, ...told };
    },
    fire: async () => {
      done.push('fire');
      return 'rest';
    },
    backfill: async () => {
      done.push('backfill');
      return 'rest';
    },
    databaseClock: { now: () => performance.now(), observe: () => undefined },
    logger: silentLogger,
  });
  return { loop, done, looks: () => looks };
}

test('it fires what is due and not before, and when an instant that waited may begin', async () => {
  const dueAt = performance.now() + 50;
  let isReady = false;
  const { loop, done } = loopOver(({ length }) => ({
    dueAt: length === 0 ? dueAt : performance.now() + FAR_MS,
    isReady: isReady && length === 1,
  }));
  loop.start();
  await eventually(() => done.length === 1, { what: 'what is due is fired' });
  expect(performance.now()).toBeGreaterThanOrEqual(dueAt);
  isReady = true;
  loop.poke();
  await eventually(() => done.length === 2, { what: 'the instant that waited is fired' });
  await loop.stop();
  expect(done).toEqual(['fire', 'fire']);
});

test('it looks at backfills only while there are any', async () => {
  let hasBackfills = true;
  const { loop, done, looks } = loopOver(() => ({ hasBackfills }));
  loop.start();
  await eventually(() => done.length >= 2, { what: 'two looks at backfills' });
  hasBackfills = false;
  const [seen, before] = [looks(), done.length];
  loop.poke();
  await eventually(() => looks() > seen + 1, { what: 'looks without backfills' });
  await loop.stop();
  expect(done.length).toBeLessThanOrEqual(before + 1);
  expect(done).not.toContain('fire');
});

test('a database that is away is asked again', async () => {
  let away = true;
  const { loop, done } = loopOver(() => (away ? new Error('connection refused') : { isReady: true }));
  loop.start();
  await eventually(
    () => {
      away = false;
      return done.length > 0;
    },
    { what: 'it fires once the database is back' },
  );
  await loop.stop();
});

test('stopped while it sleeps, it looks no more', async () => {
  const { loop, looks } = loopOver(() => ({ dueAt: performance.now() + FAR_MS }));
  loop.start();
  await eventually(() => looks() > 0, { what: 'a first look' });
  await loop.stop();
  const seen = looks();
  loop.poke();
  await new Promise((resolve) => setImmediate(resolve));
  expect(looks()).toBe(seen);
});
