import { describe, expect, test } from '@jest/globals';
import { halfOpen, heard, names, opened, Scene, tally } from '../../test/dependency-scene.js';

describe('a closed breaker', () => {
  test('stays closed while less than its share of calls fails, or too few were made to tell', () => {
    expect(new Scene().count(tally(9, 9)).state).toBe('closed');
    expect(new Scene().count(tally(100, 49)).state).toBe('closed');
    expect(new Scene().ask('t1')).toMatchObject({ kind: 'pass', as: null });
  });

  test('opens when its share has failed within the window, whenever in it, and says of what', () => {
    const scene = new Scene().count(tally(5, 3)).wait(20_000).count(tally(5, 2));
    expect(scene.dependency.breaker).toMatchObject({
      state: 'open',
      since: scene.now,
      until: scene.now + 5_000,
      cause: '5 of 10 calls within 30 s failed, the last with http.503',
    });
  });

  test('forgets what is older than its window', () => {
    const scene = new Scene().count(tally(9, 9)).wait(31_000).count(tally(9, 9));
    expect([scene.state, scene.dependency.seconds.length]).toEqual(['closed', 1]);
  });

  test('opens for causes without a code', () => {
    const scene = new Scene().count({ ...tally(10, 10), code: null });
    expect(scene.dependency.breaker).toMatchObject({ cause: '10 of 10 calls within 30 s failed' });
  });
});

describe('an open breaker', () => {
  test('holds all attempts until it is time for canaries, and then not all at once', () => {
    const scene = opened();
    const answers = names(5_000).map((key, index) => scene.ask(key, { unit: index / 5_000 }));
    const times = answers.flatMap((answer) => (answer.kind === 'hold' ? [answer.startAt - scene.now] : []));
    expect(times).toHaveLength(5_000);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(5_000);
    // Ten seconds of them, at 500 a second.
    expect(times.at(-1)).toBeGreaterThan(14_000);
    expect(answers[0]).toMatchObject({ hold: 'BREAKER_OPEN', detail: expect.stringContaining('5 of 10 calls') });
  });

  test('does not count one that comes back as one more that waits', () => {
    const scene = opened();
    scene.ask('t1');
    for (let round = 0; round < 100; round += 1) scene.ask('t1', { again: true });
    expect(scene.dependency.breaker).toMatchObject({ waiting: 1 });
  });

  test('is not moved by what was under way when it opened', () => {
    const scene = opened();
    const { breaker } = scene.dependency;
    expect(scene.wait(1_000).count(tally(50, 0)).dependency.breaker).toEqual(breaker);
  });
});

describe('a half-open breaker', () => {
  test('lets its canaries through, and nobody else', () => {
    const scene = halfOpen();
    expect(scene.ask('t1')).toMatchObject({ kind: 'pass', as: 'canary' });
    expect(scene.passing(names(10, 2))).toEqual(['t2', 't3']);
    expect(scene.ask('t9')).toMatchObject({ kind: 'hold', hold: 'BREAKER_OPEN' });
  });

  test('opens again when one of them fails, for twice as long each time, up to the longest', () => {
    const scene = halfOpen();
    const waits: number[] = [];
    for (let round = 0; round < 6; round += 1) {
      scene.ask('t1');
      scene.count(heard(['t1'], 'failed'));
      const { breaker } = scene.dependency;
      if (breaker.state !== 'open' || breaker.until === null) throw new Error('it is not open');
      waits.push(breaker.until - scene.now);
      scene.wait(breaker.until - scene.now);
    }
    expect(waits).toEqual([10_000, 20_000, 40_000, 60_000, 60_000, 60_000]);
    expect(scene.dependency.breaker).toMatchObject({ cause: 'a canary failed, the last with http.503' });
  });

  test('releases when all of them have come back well', () => {
    const scene = halfOpen();
    const canaries = scene.passing(names(3));
    expect(scene.count(heard(canaries.slice(0, 2), 'answered')).state).toBe('half-open');
    expect(scene.ask('t7').kind).toBe('hold');
    expect(scene.count(heard(canaries.slice(2), 'answered')).state).toBe('releasing');
  });

  test('hears of nobody but its canaries', () => {
    const scene = halfOpen();
    scene.ask('t1');
    expect(scene.count({ ...tally(20, 20), passed: [{ key: 'stranger', answer: 'failed' }] }).state).toBe('half-open');
  });

  test('sends another when a canary was lost with its executor, or is not heard of for long', () => {
    const lost = halfOpen();
    const canaries = lost.passing(names(3));
    expect(lost.count(heard(canaries.slice(0, 1), 'unheard')).passing(names(3, 10))).toHaveLength(1);
    const silent = halfOpen();
    silent.passing(names(3));
    expect(silent.wait(30_001).passing(names(5, 10))).toHaveLength(3);
  });

  test('knows a canary that asks once more', () => {
    const scene = halfOpen();
    scene.passing(names(3));
    expect(scene.ask('t1')).toMatchObject({ kind: 'pass', as: 'canary' });
    expect(scene.ask('t5').kind).toBe('hold');
  });
});

describe('a breaker that releases those that waited', () => {
  const releasing = (): Scene => {
    const scene = halfOpen();
    for (const key of names(2_000, 100)) scene.ask(key);
    return scene.count(heard(names(3, 100), 'answered'));
  };

  test('does so in waves, each at most twice as large as the one before, until it is closed', () => {
    const scene = releasing();
    const waves: number[] = [];
    for (let from = 1_000; scene.state === 'releasing'; from += 1_000) {
      const out = scene.passing(names(1_000, from));
      waves.push(out.length);
      scene.wait(1_000).count(heard(out, 'answered'));
    }
    expect(waves).toEqual([6, 12, 24, 48, 96, 192, 384]);
    expect(scene.state).toBe('closed');
  });

  test('tells those of the next wave to come back soon', () => {
    const scene = releasing();
    scene.passing(names(6));
    const answer = scene.ask('t9');
    expect(answer).toMatchObject({ kind: 'hold', hold: 'BREAKER_OPEN' });
    expect(answer.kind === 'hold' && answer.startAt - scene.now).toBeGreaterThanOrEqual(500);
  });

  test('opens again when a wave fails, and stays open longer', () => {
    const scene = releasing();
    const out = scene.passing(names(6));
    scene.count({ ...heard(out.slice(0, 3), 'failed') });
    expect(scene.dependency.breaker).toMatchObject({
      state: 'open',
      trips: 2,
      until: scene.now + 10_000,
      cause: '3 of 3 calls failed when it was let go, the last with http.503',
    });
  });

  test('does not open for a few failures among many', () => {
    const scene = releasing();
    scene.passing(names(6));
    expect(scene.count(heard(names(3), 'answered')).count(heard(['t3', 't4'], 'failed')).state).toBe('releasing');
  });

  test('closes after its window, though nobody is left to fill a wave; what made it open is forgotten', () => {
    const scene = releasing().wait(30_000).count(tally(1, 0));
    expect([scene.state, scene.dependency.seconds]).toEqual(['closed', []]);
  });

  test('gives up those it does not hear of', () => {
    const scene = releasing();
    scene.passing(names(6));
    expect(scene.ask('t8').kind).toBe('hold');
    expect(scene.wait(30_000).ask('t9')).toMatchObject({ kind: 'pass', as: 'wave' });
  });
});
