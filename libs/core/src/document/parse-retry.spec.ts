import { describe, expect, test } from '@jest/globals';
import { parseRetry } from './parse-retry.js';

const problemsOf = (text: string) => {
  const parsed = parseRetry(text);
  return parsed.kind === 'bad' ? parsed.problems : [];
};

describe('a retry block by itself', () => {
  test('is read as in a document, with or without `retry:` above it', () => {
    const policy = { maximumAttempts: 5, initialIntervalMs: 500, nonRetryable: ['CARD_*'] };
    expect(parseRetry('maximumAttempts: 5\ninitialInterval: 500ms\nnonRetryable: [CARD_*]\n')).toEqual({ kind: 'ok', policy });
    expect(parseRetry('{"retry":{"maximumAttempts":5,"initialInterval":"500ms","nonRetryable":["CARD_*"]}}')).toEqual({
      kind: 'ok',
      policy,
    });
    expect(parseRetry('{}')).toEqual({ kind: 'ok', policy: {} });
  });

  test('is refused with every problem and its place', () => {
    expect(problemsOf('maximumAttempts: -1\njitter: none\ninitialInterval: 2s\nmaximumInterval: 1s\n')).toMatchObject([
      { path: 'maximumAttempts', line: 1, column: 18 },
      { path: 'maximumInterval', line: 4, column: 18, hint: 'raise it, or lower initialInterval' },
    ]);
    expect(problemsOf('retry:\n  maximumAttempt: 3\n')).toMatchObject([
      { path: 'retry.maximumAttempt', line: 2, column: 3, hint: 'did you mean `maximumAttempts`?' },
    ]);
    expect(problemsOf('retry: { policies: [{ errors: [] }] }')).toMatchObject([{ path: 'retry.policies[0].errors', line: 1 }]);
  });

  test('is refused when it is none', () => {
    expect(problemsOf('- 1')).toMatchObject([{ path: '', message: expect.stringContaining('must be a map') }]);
    expect(problemsOf('# nothing\n')).toMatchObject([
      { message: 'the document is empty', hint: 'for example `maximumAttempts: 5`' },
    ]);
    expect(problemsOf('{')).not.toEqual([]);
    expect(problemsOf('maximumAttempts: 1\nretry: {}\n')).toMatchObject([{ path: 'retry', message: 'unknown field `retry`' }]);
  });
});
