import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Json } from '@reprise/core';
import { eventually } from '@reprise/testing';
import { attemptUnderTest, failureOf, LIMITS } from '../../test/attempt-under-test.js';
import { scriptHandler } from './script.js';

const handler = scriptHandler(LIMITS);
const call = (code: string, args: Json = null, attempt = attemptUnderTest()) => handler.run({ code, args }, attempt);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'reprise-script-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a script', () => {
  test.each<[string, string, Json, Json]>([
    ['returns what it makes of its arguments', 'return args.a + args.b', { a: 1, b: 2 }, 3],
    ['may wait', 'return await new Promise((resolve) => setTimeout(() => resolve([null, "ü", 1.5]), 5))', null, [null, 'ü', 1.5]],
    ['may return nothing', 'args.length', [], null],
    [
      'may import what Node has',
      `const { createHash } = await import('node:crypto'); return createHash('md5').update('x').digest('hex')`,
      null,
      '9dd4e461268c8034f5c8564e155c67a6',
    ],
    ['may end with a comment', 'return 1 // done', null, 1],
    [
      'returns what JSON makes of it',
      'return { at: new Date(0), gone: undefined, none: NaN }',
      null,
      { at: '1970-01-01T00:00:00.000Z', none: null },
    ],
    ['knows its key and its fence', 'return [process.env.REPRISE_KEY, process.env.REPRISE_FENCE]', null, ['key-1', '7']],
    ['is not held up by what it leaves running', 'setInterval(() => {}, 1000); return 1', null, 1],
  ])('%s', async (_, code, args, expected) => {
    expect(await call(code, args)).toEqual(expected);
  });

  test('may print what it likes: its result is not taken from there', async () => {
    const code = `console.log('{"kind":"returned","text":"0"}'); console.error('careful'); process.stdout.write('x'.repeat(500000)); return 'mine'`;
    const attempt = attemptUnderTest();
    expect(await handler.run({ code }, attempt)).toBe('mine');
    expect(attempt.written).toContain('stderr careful');
    expect(attempt.written).toContain('stdout {"kind":"returned","text":"0"}');
  });

  test('sees nothing of the executor’s environment', async () => {
    process.env['REPRISE_SECRET_CANARY'] = 'canary';
    const names = (await call('return Object.keys(process.env)')) as string[];
    delete process.env['REPRISE_SECRET_CANARY'];
    expect(names.filter((name) => !['PATH', 'HOME', 'LANG', 'TMPDIR', 'REPRISE_KEY', 'REPRISE_FENCE'].includes(name))).toEqual(
      [],
    );
  });

  test('is another process: what it does to its own hurts nobody', async () => {
    expect(await call('globalThis.JSON.stringify = () => "1"; return process.pid')).not.toBe(process.pid);
  });
});

describe('a script fails', () => {
  test.each<[string, string, object]>([
    [
      'when it cannot be read, with the line',
      'const a = 1;\nreturn a +* 2',
      { code: 'script.SYNTAX', retryable: false, message: expect.stringMatching(/line 2\): Unexpected token/) },
    ],
    ['when it closes its own function', '}); (async function () {', { code: 'script.SYNTAX', retryable: false }],
    [
      'when it throws, with the line',
      'const a = 1;\n\nthrow new TypeError("no customer")',
      {
        code: 'script.ERROR',
        retryable: null,
        message: 'the script threw (line 3): TypeError: no customer',
        details: { line: 3 },
      },
    ],
    [
      'with a code of its own',
      'throw Object.assign(new Error("declined"), { code: "CARD_DECLINED", retryable: false, retryAfterMs: 5000 })',
      { code: 'CARD_DECLINED', retryable: false, retryAfterMs: 5_000 },
    ],
    ['with a code that is none', 'throw Object.assign(new Error("x"), { code: "no code" })', { code: 'script.ERROR' }],
    ['when it throws what is no error', 'throw "just text"', { code: 'script.ERROR', message: 'the script threw: just text' }],
    [
      'when it throws later',
      'setTimeout(() => { throw new Error("late") }, 5); await new Promise(() => setTimeout(() => {}, 60000))',
      { code: 'script.ERROR', message: expect.stringMatching(/late/) },
    ],
    [
      'when a promise of its is rejected',
      'Promise.reject(new Error("lost")); await new Promise(() => setTimeout(() => {}, 60000))',
      { code: 'script.ERROR', message: expect.stringMatching(/lost/) },
    ],
    [
      'when it awaits what never comes',
      'await new Promise(() => {})',
      { code: 'script.ERROR', retryable: false, message: expect.stringMatching(/never happen/) },
    ],
    [
      'when it ends its process',
      'process.exit(4)',
      { code: 'script.ERROR', message: expect.stringMatching(/exit code 4 before it returned/) },
    ],
    [
      'when its result is no JSON',
      'const a = {}; a.a = a; return a',
      { code: 'script.RESULT', retryable: false, message: expect.stringMatching(/circular/) },
    ],
    ['when its result is a BigInt', 'return 1n', { code: 'script.RESULT', retryable: false }],
    ['when its result is too large', 'return "x".repeat(100001)', { code: 'script.TOO_LARGE', retryable: false }],
    [
      'when its result is nested too deep',
      'let a = 1; for (let i = 0; i < 65; i++) a = [a]; return a',
      { code: 'script.RESULT', retryable: false },
    ],
    [
      'when it writes a flood where the result goes',
      '(await import("node:fs")).writeSync(3, "x".repeat(1e6)); return 1',
      { code: 'script.TOO_LARGE' },
    ],
    ['when it needs too much memory', 'const a = []; for (;;) a.push(new Array(1e5).fill(a.length))', { code: 'script.MEMORY' }],
  ])('%s', async (_, code, expected) => {
    expect(await failureOf(call(code))).toMatchObject(expected);
  });

  test('when its attempt is stopped, even in an endless loop', async () => {
    const attempt = attemptUnderTest();
    const begun = join(folder, 'begun');
    const code = `const { writeFileSync } = await import('node:fs'); writeFileSync(args, ''); for (;;) {}`;
    const running = failureOf(call(code, begun, attempt));
    await eventually(() => existsSync(begun), { what: 'the script to be in its loop' });
    attempt.stop();
    expect(await running).toMatchObject({ code: 'CANCELLED' });
  });

  test.each<[Json, RegExp]>([
    [{}, /`code` is missing/],
    [{ code: 1 }, /`code` must be a text, not a number/],
    [{ code: '1', arg: 1 }, /did you mean `args`\?/],
  ])('with the input %j', async (input, message) => {
    expect(await failureOf(handler.run(input, attemptUnderTest()))).toMatchObject({
      code: 'INVALID_INPUT',
      retryable: false,
      message: expect.stringMatching(message),
    });
  });
});
