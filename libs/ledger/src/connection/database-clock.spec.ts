import { expect, test } from '@jest/globals';
import { systemClock } from '@reprise/service';
import { eventually, TcpProxy, TestDatabase } from '@reprise/testing';
import fc from 'fast-check';
import { Database, DatabaseClock, statement } from '../index.js';

test('is never ahead of the database, whatever the way to it is like, and close behind on a good one', async () => {
  await using db = await TestDatabase.create();
  await using proxy = await TcpProxy.to(db.url);
  const far = new Database({ url: proxy.url, applicationName: 'far', poolSize: 1 });
  await far.connect();
  const clock = new DatabaseClock(far, systemClock.monotonicMs);
  const databaseNow = async () => (await db.database.run<{ now: number }>(statement('database-now'), []))[0]?.now ?? 0;
  try {
    for (const delayMs of [40, 15, 0, 0, 0, 25]) {
      proxy.delay(delayMs);
      await clock.sample();
      for (let asked = 0; asked < 20; asked += 1) {
        const now = clock.now();
        expect(now).toBeLessThanOrEqual(await databaseNow());
      }
    }
    // One quick answer is enough, and on a busy machine it may take some asking.
    await eventually(
      async () => {
        await clock.sample();
        const before = await databaseNow();
        expect(clock.now()).toBeGreaterThan(before - 25);
      },
      { what: 'the clock to be close behind the database’s' },
    );
  } finally {
    await far.close();
  }
});

test('is never ahead for any order of slow and quick answers', () => {
  const observation = fc.record({ pauseMs: fc.integer({ min: 0, max: 20_000 }), lateMs: fc.integer({ min: 0, max: 5_000 }) });
  fc.assert(
    fc.property(fc.array(observation, { minLength: 1 }), fc.integer({ min: -1e9, max: 1e9 }), (observations, offsetMs) => {
      let local = 1e6;
      const clock = new DatabaseClock({} as Database, () => local);
      for (const { pauseMs, lateMs } of observations) {
        const told = local + offsetMs;
        local += lateMs;
        clock.observe(told);
        expect(clock.now()).toBeLessThanOrEqual(local + offsetMs);
        // What this very answer tells is a bound too: no older one that is truer is thrown away for it.
        expect(clock.now()).toBeGreaterThanOrEqual(told);
        local += pauseMs;
        expect(clock.now()).toBeLessThanOrEqual(local + offsetMs);
      }
    }),
  );
});

test('is not set back by one late answer when the best one grows old', () => {
  let local = 0;
  const clock = new DatabaseClock({} as Database, () => local);
  clock.observe(1_000);
  local = 10_001;
  clock.observe(10_001);
  expect(clock.now()).toBe(11_001);
  // Two windows later the old sample counts no more: clocks drift.
  local = 30_002;
  clock.observe(30_002);
  expect(clock.now()).toBe(30_002);
});

test('has no time to tell before the first answer', () => {
  expect(() => new DatabaseClock({} as Database, () => 0).now()).toThrow('has not been sampled');
});
