import { describe, expect, test } from '@jest/globals';
import { answering, failWith, succeedWith } from '@reprise/testing';
import { begin, calls, given, MINUTE, play, SECOND, tookMs } from './play.js';

const cancel = { kind: 'cancel', reason: null, by: null } as const;

describe('a trip', () => {
  const answers = {
    'hotels.book': succeedWith({ booking: 'h1' }),
    'cars.rent': succeedWith({ rental: 'c1' }),
    'flights.book': succeedWith({ seat: '4A' }),
  };
  const book = (more: Parameters<typeof answering>[0] = {}) =>
    play('trip-saga', { input: { trip: 't1', city: 'Lisbon' }, handler: answering({ ...answers, ...more }) });
  const soldOut = failWith('SOLD_OUT');

  test('that is booked undoes nothing', () => {
    const run = book();
    expect([run.output, calls(run)]).toEqual([{ hotel: 'h1', car: 'c1', flight: '4A' }, ['hotel', 'car', 'flight']]);
  });

  test('without a flight is undone, the last booking first, and then somebody is told', () => {
    const run = book({ 'flights.book': soldOut });
    expect(calls(run)).toEqual(['hotel', 'car', 'flight', 'car:compensate', 'hotel:compensate', 'onFailure.apologise']);
    expect(given(run, 'car:compensate')).toEqual({ trip: 't1', rental: 'c1' });
    expect(given(run, 'hotel:compensate')).toEqual({ booking: 'h1' });
    expect(given(run, 'onFailure.apologise')).toEqual({ trip: 't1', because: 'SOLD_OUT' });
    expect(run.run).toMatchObject({ status: 'failed', error: { code: 'SOLD_OUT', task: 'flight' } });
  });

  test('undoes only what was booked', () => {
    expect(calls(book({ 'cars.rent': failWith('NO_CAR', { retryable: false }) }))).toEqual([
      'hotel',
      'car',
      'hotel:compensate',
      'onFailure.apologise',
    ]);
  });

  test('undoes also what may have been booked: nobody knows what became of a call that timed out', () => {
    const run = book({ 'cars.rent': failWith('http.TIMEOUT', { retryable: false }) });
    expect(calls(run).slice(2)).toEqual(['car:compensate', 'hotel:compensate', 'onFailure.apologise']);
    expect(given(run, 'car:compensate')).toEqual({ trip: 't1', rental: null });
  });

  test('tries to undo again, before it undoes what came earlier', () => {
    const run = book({
      'flights.book': soldOut,
      'cars.giveBack': ({ failures }) => (failures < 2 ? failWith('BUSY') : succeedWith(null)),
    });
    const back = 'car:compensate';
    expect(calls(run).slice(3)).toEqual([back, back, back, 'hotel:compensate', 'onFailure.apologise']);
  });

  test('keeps a person waiting for what cannot be undone, and goes on with the rest', () => {
    const run = book({ 'flights.book': soldOut, 'cars.giveBack': failWith('LOST_THE_KEYS') });
    expect([run.run.status, run.statusOf('car:compensate'), run.statusOf('hotel:compensate')]).toEqual([
      'running',
      'parked',
      'succeeded',
    ]);
  });
});

describe('scopes that are cancelled', () => {
  const broken = failWith('BROKEN', { afterMs: 5 * SECOND });
  const slow = succeedWith({}, 4 * MINUTE);
  const options = (more: Parameters<typeof answering>[0] = {}) => ({
    input: { test: 't1' },
    handler: answering({ 'cloud.rent': succeedWith({ machines: ['m1'] }), ...more }),
  });

  test('stop as a whole with the first that breaks, clean up within, and only then what they rented is given back', () => {
    const run = play('cancellation-scopes', options({ 'stage.read': slow, 'stage.write': broken }));
    expect(['read', 'write', 'watch', 'collect'].map((id) => run.statusOf(`stages.${id}`))).toEqual([
      'cancelled',
      'failed',
      'cancelled',
      'succeeded',
    ]);
    expect(calls(run).slice(-3)).toEqual(['stages.collect', 'rent:compensate', 'onFailure.report']);
    expect(given(run, 'onFailure.report')).toEqual({ task: 'stages.write', warmup: 'succeeded' });
    expect(tookMs(run)).toBeLessThan(MINUTE);
  });

  test('that are allowed to fail stop what is in them, and nothing around them', () => {
    const run = play('cancellation-scopes', options({ 'stage.cache': slow, 'stage.pool': broken }));
    expect(['cache', 'pool', 'soothe'].map((id) => run.statusOf(`warmup.${id}`))).toEqual(['cancelled', 'failed', 'succeeded']);
    expect([run.run.status, run.statusOf('warmup'), run.statusOf('stages')]).toEqual(['succeeded', 'failed', 'succeeded']);
    expect(calls(run)).not.toContain('rent:compensate');
  });

  test('wait for one that goes on although it was asked to stop: nothing is given back under its feet', () => {
    const deaf = { ...succeedWith({}, 2 * MINUTE), ignoresCancel: true };
    const run = play('cancellation-scopes', options({ 'stage.read': deaf, 'stage.write': broken }));
    expect(run.statusOf('stages.read')).toBe('succeeded');
    expect(run.task('rent:compensate')?.createdAt).toBeGreaterThanOrEqual(run.task('stages.read')?.endedAt ?? Number.NaN);
  });

  test('when a person cancels the run start no clean-up of their own, but what was rented is given back', () => {
    const run = begin('cancellation-scopes', options({ 'stage.read': slow }))
      .advance(30 * SECOND)
      .send(cancel)
      .toRest();
    expect(run.run.status).toBe('cancelled');
    expect(run.statusOf('stages.collect')).not.toBe('succeeded');
    expect(given(run, 'rent:compensate')).toEqual({ machines: ['m1'], test: 't1' });
    expect(run.statusOf('onFailure.report')).not.toBe('succeeded');
  });

  test('that rented and cannot tell what are given back by the name of the test', () => {
    const run = begin('cancellation-scopes', options({ 'cloud.rent': slow }))
      .advance(SECOND)
      .send(cancel)
      .toRest();
    expect([calls(run), given(run, 'rent:compensate')]).toEqual([['rent', 'rent:compensate'], { machines: [], test: 't1' }]);
  });
});
