import { describe, expect, test } from '@jest/globals';
import { answering, failWith, succeedWith } from '@reprise/testing';
import { calls, given, play, SECOND, tookMs } from './play.js';

describe('fan-out and fan-in', () => {
  const offices = {
    'offices.identity': succeedWith({ known: true }, 2 * SECOND),
    'offices.credit': succeedWith({ score: 710 }, 30 * SECOND),
    'offices.income': succeedWith({ monthly: 2_500 }, 10 * SECOND),
  };
  const check = (answers: Parameters<typeof answering>[0] = {}) =>
    play('fan-out-fan-in', { input: { applicant: 'ada' }, handler: answering({ ...offices, ...answers }) });

  test('asks all at once and decides when the slowest has answered, not when their times have added up', () => {
    const run = check();
    expect(calls(run)).toEqual(['identity', 'credit', 'income', 'tell']);
    expect(run.output).toEqual({ grant: true, score: 710 });
    expect(tookMs(run)).toBeGreaterThanOrEqual(30 * SECOND);
    expect(tookMs(run)).toBeLessThan(32 * SECOND);
  });

  test('gives the join what every branch said, whichever of them was first', () => {
    expect(given(check({ 'offices.credit': succeedWith({ score: 500 }) }), 'tell')).toEqual({ to: 'ada', grant: false });
  });

  test('tries a branch again by itself: its neighbours are not asked twice', () => {
    const run = check({ 'offices.income': ({ attempt }) => (attempt < 3 ? failWith('BUSY') : offices['offices.income']) });
    expect([run.run.status, run.task('income')?.attempt]).toEqual(['succeeded', 3]);
    expect(calls(run).filter((path) => path === 'credit' || path === 'identity')).toHaveLength(2);
  });

  test('never joins over a branch that failed: the others are stopped and nobody is told anything', () => {
    const run = check({ 'offices.identity': failWith('UNKNOWN', { retryable: false }) });
    expect(run.run).toMatchObject({ status: 'failed', error: { code: 'UNKNOWN', task: 'identity' } });
    expect(['credit', 'income', 'decide', 'tell'].map((path) => run.statusOf(path))).toEqual([
      'cancelled',
      'cancelled',
      'skipped',
      'skipped',
    ]);
    expect(tookMs(run)).toBeLessThan(2 * SECOND);
  });
});

describe('a dynamic map', () => {
  const files = (...names: string[]) => succeedWith({ files: names.map((name) => ({ name })) });
  const resize = (listed: ReturnType<typeof files>, answers: Parameters<typeof answering>[0] = {}) =>
    play('dynamic-map', {
      input: { bucket: 'b' },
      handler: answering({ 'bucket.list': listed, 'images.resize': succeedWith({ bytes: 100 }, SECOND), ...answers }),
    });

  test('makes as many tasks as the list that was computed has items, numbered in its order', () => {
    const run = resize(files('a.jpg', 'notes.txt', 'b.jpg', 'c.jpg'));
    expect(calls(run)).toEqual(['list', 'resize[0]', 'resize[1]', 'resize[2]']);
    expect([0, 1, 2].map((item) => given(run, `resize[${item}]`))).toEqual([
      { name: 'a.jpg', number: 0 },
      { name: 'b.jpg', number: 1 },
      { name: 'c.jpg', number: 2 },
    ]);
    expect(run.output).toEqual({ files: 3, bytes: 300 });
  });

  test('works on no more items at a time than it says', () => {
    const run = resize(files('a.jpg', 'b.jpg', 'c.jpg', 'd.jpg', 'e.jpg'));
    expect(tookMs(run)).toBeGreaterThanOrEqual(3 * SECOND);
    expect(tookMs(run)).toBeLessThan(4 * SECOND);
  });

  test('over an empty list has nothing to do, and what follows it goes on', () => {
    const run = resize(files('notes.txt'));
    expect([run.run.status, run.output, calls(run)]).toEqual(['succeeded', { files: 0, bytes: 0 }, ['list']]);
  });

  test('collects outputs in the order of the items, whichever of them was ready first', () => {
    const sizes = answeringSizes([3, 1, 2]);
    const run = resize(files('a.jpg', 'b.jpg', 'c.jpg'), { 'images.resize': sizes });
    expect(run.outputOf('resize')).toEqual([{ bytes: 3 }, { bytes: 1 }, { bytes: 2 }]);
  });

  test('tries an item again alone, and fails with the item that failed for good', () => {
    const run = resize(files('a.jpg', 'b.jpg'), { 'resize[1]': failWith('CORRUPT') });
    expect(run.run).toMatchObject({ status: 'failed', error: { code: 'CORRUPT', task: 'resize[1]' } });
    expect([run.task('resize[0]')?.attempt, run.task('resize[1]')?.attempt]).toEqual([1, 2]);
  });
});

const answeringSizes = (bytes: readonly number[]) =>
  answering(Object.fromEntries(bytes.map((size, item) => [`resize[${item}]`, succeedWith({ bytes: size }, size * SECOND)])));

describe('conditional branches and their join', () => {
  const pay = (input: object, answers: Parameters<typeof answering>[0] = {}) =>
    play('branch-and-join', {
      input: { order: 'o1', ...input },
      handler: answering({
        'orders.read': succeedWith({ total: 12 }),
        'cards.charge': succeedWith('by card'),
        'invoices.write': succeedWith('by invoice'),
        ...answers,
      }),
    });
  const statuses = (run: ReturnType<typeof pay>) => ['card', 'invoice', 'voucher', 'ship'].map((path) => run.statusOf(path));

  test.each([
    ['card', ['succeeded', 'skipped', 'skipped', 'succeeded']],
    ['invoice', ['skipped', 'succeeded', 'skipped', 'succeeded']],
  ])('take the one way that fits (%s), and the join reads what came along it', (method, expected) => {
    const run = pay({ method });
    expect(statuses(run)).toEqual(expected);
    expect(given(run, 'ship')).toEqual({ paid: `by ${method}` });
    expect(run.run.status).toBe('succeeded');
  });

  test('where no way fits leave out the join too; what runs in any case is told so', () => {
    const run = pay({ method: 'none' });
    expect(given(run, 'audit')).toEqual({ card: 'skipped', invoice: 'skipped', voucher: 'skipped', ship: 'skipped' });
    expect(run.run.status).toBe('succeeded');
  });

  test('that may fail do not hold up the others', () => {
    const run = pay({ method: 'card', voucher: 'v1' }, { 'vouchers.redeem': failWith('USED_UP', { retryable: false }) });
    expect(given(run, 'audit')).toEqual({ card: 'succeeded', invoice: 'skipped', voucher: 'failed', ship: 'succeeded' });
    expect(run.run.status).toBe('succeeded');
  });

  test('that must not fail fail the run, but the audit is written first', () => {
    const run = pay({ method: 'card' }, { 'cards.charge': failWith('CARD_DECLINED', { retryable: false }) });
    expect(given(run, 'audit')).toMatchObject({ card: 'failed', ship: 'skipped' });
    expect(run.statusOf('audit')).toBe('succeeded');
    expect(run.run).toMatchObject({ status: 'failed', error: { code: 'CARD_DECLINED', task: 'card' } });
  });
});
