import { describe, expect, test } from '@jest/globals';
import { answering, failWith, type SimulatedHandler, succeedWith } from '@reprise/testing';
import { begin, calls, given, MINUTE, play, SECOND, tookMs } from './play.js';

describe('polling until done', () => {
  const studio = (states: readonly string[], answers: Parameters<typeof answering>[0] = {}) => ({
    input: { film: 'f' },
    handler: answering({
      'studio.begin': succeedWith({ job: 'j7' }),
      'studio.look': ({ at }) => succeedWith({ state: states[Number(at) - 1] ?? 'working' }),
      'studio.fetch': succeedWith({ url: 'https://film' }),
      ...answers,
    }),
  });

  test('looks until it is done, an interval between two looks and none after the last', () => {
    const run = play('poll-until-done', studio(['queued', 'working', 'done']));
    expect(calls(run)).toEqual(['begin', 'look[1]', 'look[2]', 'look[3]', 'fetch']);
    expect(given(run, 'look[3]')).toEqual({ job: 'j7', round: 3 });
    expect(run.output).toBe('https://film');
    expect(tookMs(run)).toBeGreaterThanOrEqual(60 * SECOND);
    expect(tookMs(run)).toBeLessThan(62 * SECOND);
  });

  test('holds no executor between two looks', () => {
    const run = begin('poll-until-done', studio(['queued', 'done'])).advance(15 * SECOND);
    expect([run.statusOf('look[1]'), run.task('look[2]'), calls(run)]).toEqual(['succeeded', null, ['begin', 'look[1]']]);
    expect(run.toRest().run.status).toBe('succeeded');
  });

  test('takes a look that failed again within its round, without counting a round', () => {
    let looks = 0;
    const flaky: SimulatedHandler = () => (++looks === 1 ? failWith('http.503') : succeedWith({ state: 'done' }));
    const run = play('poll-until-done', studio([], { 'studio.look': flaky }));
    expect([calls(run), run.task('look[1]')?.attempt]).toEqual([['begin', 'look[1]', 'look[1]', 'fetch'], 2]);
    expect(tookMs(run)).toBeLessThan(30 * SECOND);
  });

  test('gives up after so many rounds and says how many', () => {
    const run = play('poll-until-done', studio([]));
    expect(run.run).toMatchObject({
      status: 'failed',
      error: { code: 'UNEXPECTED_RESULT', task: 'look', details: { rounds: 20 } },
    });
    expect(tookMs(run)).toBeGreaterThanOrEqual(19 * 30 * SECOND);
  });

  test('that ends badly fails in the words of the document, and fetches nothing', () => {
    const run = play('poll-until-done', studio(['queued', 'broken']));
    const error = { code: 'RENDERING_FAILED', message: 'job j7: no reason given', task: 'broken' };
    expect([run.run.error, run.statusOf('fetch')]).toMatchObject([error, 'skipped']);
  });
});

describe('a loop with a way out', () => {
  /** Letters as they lie there; `counts` is what the archive says it has, one answer after the other. */
  const mailbox = (letters: readonly string[], counts: readonly number[]) => {
    let counted = 0;
    return {
      handler: answering({
        'mailbox.take': ({ input }) => {
          const { number } = input as { number: number };
          const text = letters[number - 1] ?? '';
          return succeedWith({ text, kind: text === 'bad' ? 'bad' : 'good', left: letters.length - number });
        },
        'archive.count': () => succeedWith(counts[counted++] ?? 0),
      }),
    };
  };

  test('goes round while there is something left', () => {
    const run = play('loop-with-break', mailbox(['a', 'b', 'c'], [3]));
    expect(run.output).toBe(3);
    expect(calls(run).filter((path) => path.endsWith('.file'))).toEqual(
      [1, 2, 3].map((round) => `drain[1].letters[${round}].file`),
    );
  });

  test('is left at once by a failure in it, which no retry takes up that does not want it', () => {
    const run = play('loop-with-break', mailbox(['a', 'bad', 'c'], [3]));
    expect(run.run.error).toMatchObject({ code: 'BAD_LETTER', message: 'letter 2 is bad', task: 'drain[1].letters[2].bad' });
    expect([run.statusOf('drain[1].letters[2].file'), run.task('drain[1].letters[3]'), run.task('drain[2]')]).toEqual([
      'skipped',
      null,
      null,
    ]);
  });

  test('begins anew as a whole, from the first round, when the attempt around it is made again', () => {
    const run = play('loop-with-break', mailbox(['a', 'b'], [1, 2]));
    expect([run.run.status, run.output]).toEqual(['succeeded', 2]);
    expect(run.statusOf('drain[1].wrong')).toBe('failed');
    expect(calls(run).filter((path) => path.endsWith('.take'))).toEqual([
      'drain[1].letters[1].take',
      'drain[1].letters[2].take',
      'drain[2].letters[1].take',
      'drain[2].letters[2].take',
    ]);
    expect(tookMs(run)).toBeGreaterThanOrEqual(MINUTE);
  });

  test('is made no more often than it says, each time after the same wait', () => {
    const run = play('loop-with-break', mailbox(['a'], []));
    expect(run.run).toMatchObject({ status: 'failed', error: { code: 'WRONG_COUNT', task: 'drain[3].wrong' } });
    expect(run.attemptsOf('drain').map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'failed']);
    expect(tookMs(run)).toBeGreaterThanOrEqual(2 * MINUTE);
    expect(tookMs(run)).toBeLessThan(2 * MINUTE + 5 * SECOND);
  });
});

describe('a crawl with a rate limit', () => {
  const urls = Array.from({ length: 20 }, (_, page) => `/p${page}`);
  const crawl = (answers: Parameters<typeof answering>[0] = {}) =>
    play('rate-limited-crawl', {
      input: { site: 'example.org' },
      handler: answering({ 'crawler.map': succeedWith({ urls }), 'crawler.read': succeedWith({ words: 9 }), ...answers }),
    });
  const mostIn = (starts: readonly number[], spanMs: number): number =>
    Math.max(...starts.map((from) => starts.filter((at) => at >= from && at < from + spanMs).length));

  test('starts no more reads in any ten seconds than the site may bear, however many may run side by side', () => {
    const run = crawl();
    expect(run.output).toEqual({ read: 20, gone: 0 });
    expect([run.rateStarts.length, mostIn(run.rateStarts, 10 * SECOND)]).toEqual([20, 5]);
    expect(tookMs(run)).toBeGreaterThanOrEqual(30 * SECOND);
  });

  test('counts a retry against the limit as well', () => {
    const run = crawl({ 'page[3]': ({ failures }) => (failures === 0 ? failWith('http.503') : succeedWith({ words: 9 })) });
    expect([run.output, run.rateStarts.length, run.task('page[3]')?.attempt]).toEqual([{ read: 20, gone: 0 }, 21, 2]);
    expect(mostIn(run.rateStarts, 10 * SECOND)).toBe(5);
  });

  test('uses up no attempt by waiting for its turn', () => {
    const run = crawl();
    expect(urls.map((_, page) => run.task(`page[${page}]`)?.attempt)).toEqual(urls.map(() => 1));
  });

  test('lives with as many missing pages as it tolerates and not with one more', () => {
    const gone = failWith('http.404');
    expect(crawl({ 'page[2]': gone, 'page[9]': gone }).output).toEqual({ read: 18, gone: 2 });
    const run = crawl({ 'page[2]': gone, 'page[9]': gone, 'page[11]': gone });
    expect(run.run).toMatchObject({ status: 'failed', error: { code: 'http.404', task: 'page[2]' } });
    expect(run.rateStarts.length).toBeLessThan(20);
  });
});
