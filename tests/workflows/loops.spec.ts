import { describe, expect, test } from '@jest/globals';
import { fails, failTimes, inTurn, type Mocks, type TestedRun } from '@reprise/worker/testing';
import { MINUTE, SECOND, tester } from './play.js';

const paths = (run: TestedRun): readonly string[] => run.calls().map(({ task }) => task);

describe('polling until done', () => {
  const studio = (states: readonly string[], more: Mocks = {}) =>
    tester('poll-until-done', {
      handlers: {
        'studio.begin': { job: 'j7' },
        'studio.look': ({ round }: { round: number }) => ({ state: states[round - 1] ?? 'working' }),
        'studio.fetch': { url: 'https://film' },
        ...more,
      },
    });
  const INPUT = { film: 'f' };

  test('looks until it is done, an interval between two looks and none after the last', async () => {
    const run = await studio(['queued', 'working', 'done']).run(INPUT);
    expect(paths(run)).toEqual(['begin', 'look[1]', 'look[2]', 'look[3]', 'fetch']);
    expect(run.task('look[3]').input).toEqual({ job: 'j7', round: 3 });
    expect(run.output).toBe('https://film');
    expect(run.tookMs).toBeGreaterThanOrEqual(60 * SECOND);
    expect(run.tookMs).toBeLessThan(62 * SECOND);
  });

  test('holds no executor between two looks', async () => {
    const run = await (await studio(['queued', 'done']).start(INPUT)).advance('15s');
    expect([run.task('look[1]').status, run.task('look[2]').startedAt, paths(run)]).toEqual([
      'succeeded',
      null,
      ['begin', 'look[1]'],
    ]);
    expect((await run.goOn()).status).toBe('succeeded');
  });

  test('takes a look that failed again within its round, without counting a round', async () => {
    const run = await studio([], { 'studio.look': failTimes(1, 'http.503', { state: 'done' }) }).run(INPUT);
    expect([paths(run), run.task('look[1]').attempts.length]).toEqual([['begin', 'look[1]', 'look[1]', 'fetch'], 2]);
    expect(run.tookMs).toBeLessThan(30 * SECOND);
  });

  test('gives up after so many rounds and says how many', async () => {
    const run = await studio([]).run(INPUT);
    expect([run.status, run.error]).toMatchObject([
      'failed',
      { code: 'UNEXPECTED_RESULT', task: 'look', details: { rounds: 20 } },
    ]);
    expect(run.tookMs).toBeGreaterThanOrEqual(19 * 30 * SECOND);
  });

  test('that ends badly fails in the words of the document, and fetches nothing', async () => {
    const run = await studio(['queued', 'broken']).run(INPUT);
    const error = { code: 'RENDERING_FAILED', message: 'job j7: no reason given', task: 'broken' };
    expect([run.error, run.task('fetch').status]).toMatchObject([error, 'skipped']);
  });
});

describe('a loop with a way out', () => {
  /** Letters as they lie there; `counts` is what the archive says it has, one answer after the other. */
  const empty = (letters: readonly string[], counts: readonly number[]) => {
    let counted = 0;
    return tester('loop-with-break', {
      handlers: {
        'mailbox.take': ({ number }: { number: number }) => {
          const text = letters[number - 1] ?? '';
          return { text, kind: text === 'bad' ? 'bad' : 'good', left: letters.length - number };
        },
        'archive.file': null,
        'archive.count': () => counts[counted++] ?? 0,
      },
    }).run();
  };

  test('goes round while there is something left', async () => {
    const run = await empty(['a', 'b', 'c'], [3]);
    expect(run.output).toBe(3);
    expect(run.calls('archive.file').map(({ task }) => task)).toEqual(
      [1, 2, 3].map((round) => `drain[1].letters[${round}].file`),
    );
  });

  test('is left at once by a failure in it, which no retry takes up that does not want it', async () => {
    const run = await empty(['a', 'bad', 'c'], [3]);
    expect(run.error).toMatchObject({ code: 'BAD_LETTER', message: 'letter 2 is bad', task: 'drain[1].letters[2].bad' });
    expect(run.task('drain[1].letters[2].file').status).toBe('skipped');
    expect(['drain[1].letters[3]', 'drain[2]'].map((path) => run.task(path).startedAt)).toEqual([null, null]);
  });

  test('begins anew as a whole, from the first round, when the attempt around it is made again', async () => {
    const run = await empty(['a', 'b'], [1, 2]);
    expect([run.status, run.output]).toEqual(['succeeded', 2]);
    expect(run.task('drain[1].wrong').status).toBe('failed');
    expect(run.calls('mailbox.take').map(({ task }) => task)).toEqual([
      'drain[1].letters[1].take',
      'drain[1].letters[2].take',
      'drain[2].letters[1].take',
      'drain[2].letters[2].take',
    ]);
    expect(run.tookMs).toBeGreaterThanOrEqual(MINUTE);
  });

  test('is made no more often than it says, each time after the same wait', async () => {
    const run = await empty(['a'], []);
    expect([run.status, run.error]).toMatchObject(['failed', { code: 'WRONG_COUNT', task: 'drain[3].wrong' }]);
    expect(run.task('drain').attempts.map(({ status }) => status)).toEqual(['failed', 'failed', 'failed']);
    expect(run.tookMs).toBeGreaterThanOrEqual(2 * MINUTE);
    expect(run.tookMs).toBeLessThan(2 * MINUTE + 5 * SECOND);
  });
});

describe('a crawl with a rate limit', () => {
  const urls = Array.from({ length: 20 }, (_, page) => `/p${page}`);
  const crawl = (more: Mocks = {}) =>
    tester('rate-limited-crawl', { handlers: { 'crawler.map': { urls }, 'crawler.read': { words: 9 }, ...more } }).run({
      site: 'example.org',
    });
  const startsOf = (run: TestedRun): readonly number[] => run.calls('crawler.read').map(({ at }) => Date.parse(at));
  const mostIn = (starts: readonly number[], spanMs: number): number =>
    Math.max(...starts.map((from) => starts.filter((at) => at >= from && at < from + spanMs).length));

  test('starts no more reads in any ten seconds than the site may bear, however many may run side by side', async () => {
    const run = await crawl();
    expect(run.output).toEqual({ read: 20, gone: 0 });
    expect([startsOf(run).length, mostIn(startsOf(run), 10 * SECOND)]).toEqual([20, 5]);
    expect(run.tookMs).toBeGreaterThanOrEqual(30 * SECOND);
  });

  test('counts a retry against the limit as well', async () => {
    const run = await crawl({ 'page[3]': inTurn(fails('http.503'), { words: 9 }) });
    expect([run.output, startsOf(run).length, run.task('page[3]').attempts.length]).toEqual([{ read: 20, gone: 0 }, 21, 2]);
    expect(mostIn(startsOf(run), 10 * SECOND)).toBe(5);
  });

  test('uses up no attempt by waiting for its turn', async () => {
    const run = await crawl();
    expect(urls.map((_, page) => run.task(`page[${page}]`).attempts.length)).toEqual(urls.map(() => 1));
  });

  test('lives with as many missing pages as it tolerates and not with one more', async () => {
    const gone = fails('http.404');
    expect((await crawl({ 'page[2]': gone, 'page[9]': gone })).output).toEqual({ read: 18, gone: 2 });
    const run = await crawl({ 'page[2]': gone, 'page[9]': gone, 'page[11]': gone });
    expect([run.status, run.error]).toMatchObject(['failed', { code: 'http.404', task: 'page[2]' }]);
    expect(startsOf(run).length).toBeLessThan(20);
  });
});
