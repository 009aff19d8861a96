import { describe, expect, test } from '@jest/globals';
import { fails, inTurn, type Mock, type Mocks, type TestedRun, takes } from '@reprise/worker/testing';
import { SECOND, tester } from './play.js';

const paths = (run: TestedRun): readonly string[] => run.calls().map(({ task }) => task);

describe('fan-out and fan-in', () => {
  const offices = {
    'offices.identity': takes('2s', { known: true }),
    'offices.credit': takes('30s', { score: 710 }),
    'offices.income': takes('10s', { monthly: 2_500 }),
    'mail.send': null,
  };
  const check = (more: Mocks = {}) => tester('fan-out-fan-in', { handlers: { ...offices, ...more } }).run({ applicant: 'ada' });

  test('asks all at once and decides when the slowest has answered, not when their times have added up', async () => {
    const run = await check();
    expect(paths(run)).toEqual(['identity', 'credit', 'income', 'tell']);
    expect(run.output).toEqual({ grant: true, score: 710 });
    expect(run.tookMs).toBeGreaterThanOrEqual(30 * SECOND);
    expect(run.tookMs).toBeLessThan(32 * SECOND);
  });

  test('gives the join what every branch said, whichever of them was first', async () => {
    expect((await check({ 'offices.credit': { score: 500 } })).task('tell').input).toEqual({ to: 'ada', grant: false });
  });

  test('tries a branch again by itself: its neighbours are not asked twice', async () => {
    const run = await check({ 'offices.income': inTurn(fails('BUSY'), fails('BUSY'), offices['offices.income']) });
    expect([run.status, run.task('income').attempts.length]).toEqual(['succeeded', 3]);
    expect(paths(run).filter((path) => path === 'credit' || path === 'identity')).toHaveLength(2);
  });

  test('never joins over a branch that failed: the others are stopped and nobody is told anything', async () => {
    const run = await check({ 'offices.identity': fails('UNKNOWN', { retryable: false }) });
    expect([run.status, run.error]).toMatchObject(['failed', { code: 'UNKNOWN', task: 'identity' }]);
    expect(['credit', 'income', 'decide', 'tell'].map((path) => run.task(path).status)).toEqual([
      'cancelled',
      'cancelled',
      'skipped',
      'skipped',
    ]);
    expect(run.tookMs).toBeLessThan(2 * SECOND);
  });
});

describe('a dynamic map', () => {
  const files = (...names: string[]): Mock => ({ files: names.map((name) => ({ name })) });
  const resize = (listed: Mock, more: Mocks = {}) =>
    tester('dynamic-map', { handlers: { 'bucket.list': listed, 'images.resize': takes('1s', { bytes: 100 }), ...more } }).run({
      bucket: 'b',
    });

  test('makes as many tasks as the list that was computed has items, numbered in its order', async () => {
    const run = await resize(files('a.jpg', 'notes.txt', 'b.jpg', 'c.jpg'));
    expect(paths(run)).toEqual(['list', 'resize[0]', 'resize[1]', 'resize[2]']);
    expect([0, 1, 2].map((item) => run.task(`resize[${item}]`).input)).toEqual([
      { name: 'a.jpg', number: 0 },
      { name: 'b.jpg', number: 1 },
      { name: 'c.jpg', number: 2 },
    ]);
    expect(run.output).toEqual({ files: 3, bytes: 300 });
  });

  test('works on no more items at a time than it says', async () => {
    const run = await resize(files('a.jpg', 'b.jpg', 'c.jpg', 'd.jpg', 'e.jpg'));
    expect(run.tookMs).toBeGreaterThanOrEqual(3 * SECOND);
    expect(run.tookMs).toBeLessThan(4 * SECOND);
  });

  test('over an empty list has nothing to do, and what follows it goes on', async () => {
    const run = await resize(files('notes.txt'));
    expect([run.status, run.output, paths(run)]).toEqual(['succeeded', { files: 0, bytes: 0 }, ['list']]);
  });

  test('collects outputs in the order of the items, whichever of them was ready first', async () => {
    const sizes = Object.fromEntries([3, 1, 2].map((bytes, item) => [`resize[${item}]`, takes(`${bytes}s`, { bytes })]));
    const run = await resize(files('a.jpg', 'b.jpg', 'c.jpg'), sizes);
    expect(run.task('resize').output).toEqual([{ bytes: 3 }, { bytes: 1 }, { bytes: 2 }]);
  });

  test('tries an item again alone, and fails with the item that failed for good', async () => {
    const run = await resize(files('a.jpg', 'b.jpg'), { 'resize[1]': fails('CORRUPT') });
    expect([run.status, run.error]).toMatchObject(['failed', { code: 'CORRUPT', task: 'resize[1]' }]);
    expect([run.task('resize[0]').attempts.length, run.task('resize[1]').attempts.length]).toEqual([1, 2]);
  });
});

describe('conditional branches and their join', () => {
  const pay = (input: object, more: Mocks = {}) =>
    tester('branch-and-join', {
      handlers: {
        'orders.read': { total: 12 },
        'cards.charge': 'by card',
        'invoices.write': 'by invoice',
        'vouchers.redeem': null,
        'shipping.ship': null,
        'audit.write': null,
        ...more,
      },
    }).run({ order: 'o1', ...input });
  const statuses = (run: TestedRun) => ['card', 'invoice', 'voucher', 'ship'].map((path) => run.task(path).status);

  test.each([
    ['card', ['succeeded', 'skipped', 'skipped', 'succeeded']],
    ['invoice', ['skipped', 'succeeded', 'skipped', 'succeeded']],
  ])('take the one way that fits (%s), and the join reads what came along it', async (method, expected) => {
    const run = await pay({ method });
    expect(statuses(run)).toEqual(expected);
    expect(run.task('ship').input).toEqual({ paid: `by ${method}` });
    expect(run.status).toBe('succeeded');
  });

  test('where no way fits leave out the join too; what runs in any case is told so', async () => {
    const run = await pay({ method: 'none' });
    expect(run.task('audit').input).toEqual({ card: 'skipped', invoice: 'skipped', voucher: 'skipped', ship: 'skipped' });
    expect(run.status).toBe('succeeded');
  });

  test('that may fail do not hold up the others', async () => {
    const run = await pay({ method: 'card', voucher: 'v1' }, { 'vouchers.redeem': fails('USED_UP', { retryable: false }) });
    expect(run.task('audit').input).toEqual({ card: 'succeeded', invoice: 'skipped', voucher: 'failed', ship: 'succeeded' });
    expect(run.status).toBe('succeeded');
  });

  test('that must not fail fail the run, but the audit is written first', async () => {
    const run = await pay({ method: 'card' }, { 'cards.charge': fails('CARD_DECLINED', { retryable: false }) });
    expect(run.task('audit').input).toMatchObject({ card: 'failed', ship: 'skipped' });
    expect(run.task('audit').status).toBe('succeeded');
    expect([run.status, run.error]).toMatchObject(['failed', { code: 'CARD_DECLINED', task: 'card' }]);
  });
});
