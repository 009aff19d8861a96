import { describe, expect, test } from '@jest/globals';
import { AttemptLog } from './attempt-log.js';
import { SecretMask } from './redact-secrets.js';

let fresh = 0;
const newLog = (secrets: readonly string[] = []): AttemptLog => {
  fresh = 0;
  return new AttemptLog(
    SecretMask.ofLines(secrets),
    () => 1_700_000_000_000,
    () => {
      fresh += 1;
    },
  );
};
const messages = (log: AttemptLog): readonly string[] => log.take()?.lines.map(({ message }) => message) ?? [];
/** All that is given out once it has ended, with its gaps. */
function rest(log: AttemptLog) {
  const parts = [];
  for (let taken = log.take(); taken !== null; taken = log.take()) parts.push(taken);
  return parts;
}

describe('the log of an attempt', () => {
  test('gives out each line once, with when, how and from where', () => {
    const log = newLog();
    expect(log.take()).toBeNull();
    log.info('charged', { amount: 3 });
    log.output('stderr', 'careful');
    const at = '2023-11-14T22:13:20.000Z';
    expect(log.take()).toEqual({
      skipped: 0,
      lines: [
        { at, level: 'info', source: 'log', message: 'charged', fields: { amount: 3 }, cut: false },
        { at, level: 'info', source: 'stderr', message: 'careful', fields: null, cut: false },
      ],
    });
    expect([log.take(), fresh]).toEqual([null, 1]);
    log.debug('a');
    log.warn('b');
    log.error('c');
    expect(log.take()?.lines.map(({ level }) => level)).toEqual(['debug', 'warn', 'error']);
    log.end();
    log.info('too late');
    expect(log.take()).toBeNull();
  });

  test('keeps its beginning as it comes and its end when it has ended; what lies between is counted', () => {
    const log = newLog();
    for (let line = 1; line <= 5_000; line += 1) log.info(`line ${line}`);
    const head = messages(log);
    expect([head.length, head.at(-1)]).toEqual([1_000, 'line 1000']);
    log.info('the last');
    expect(log.take()).toBeNull();
    log.end();
    const [tail, ...more] = rest(log);
    expect(more).toEqual([]);
    expect([tail?.lines.length, tail?.skipped]).toEqual([1_000, 3_001]);
    expect([tail?.lines[0]?.message, tail?.lines.at(-1)?.message]).toEqual(['line 4002', 'the last']);
  });

  test('tells the gap where it is, also when all of it is given out at once', () => {
    const log = newLog();
    for (let line = 1; line <= 3_000; line += 1) log.info(`line ${line}`);
    log.end();
    expect(rest(log).map(({ lines, skipped }) => [lines[0]?.message, lines.length, skipped])).toEqual([
      ['line 1', 1_000, 0],
      ['line 2001', 1_000, 1_000],
    ]);
    const short = newLog();
    for (let line = 1; line <= 1_500; line += 1) short.info(`line ${line}`);
    short.end();
    expect(rest(short).map(({ lines, skipped }) => [lines.length, skipped])).toEqual([[1_500, 0]]);
  });

  test('is bounded in characters as well, whatever is thrown at it', () => {
    const log = newLog();
    for (let line = 0; line < 300; line += 1) log.info('x'.repeat(10_000), { more: 'y'.repeat(3_000) });
    log.end();
    const all = rest(log).flatMap(({ lines }) => lines);
    expect(all.every(({ cut, message }) => cut && message.length === 4_000)).toBe(true);
    expect(all.length).toBeLessThan(25);
  });

  test('never fails: what cannot be kept is told to be missing', () => {
    const log = newLog();
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    log.info('a\0b\ud800', circle);
    log.info('large', { text: 'x'.repeat(10_000) });
    log.info(7 as never);
    log.info({
      toString: () => {
        throw new Error('no');
      },
    } as never);
    expect(log.take()?.lines.map(({ message, fields }) => [message, fields])).toEqual([
      ['a\ufffdb\ufffd', { leftOut: expect.any(String) }],
      ['large', { leftOut: expect.stringContaining('more than 4000') }],
      ['7', null],
      ['(no text)', null],
    ]);
  });

  test('holds no secret: not in text or fields, not line by line, not at the edge of what is cut', () => {
    const key = '-----BEGIN KEY-----\nMIIEvQIBADANBg\n-----END KEY-----';
    const log = newLog(['hunter22', key]);
    log.info('it is hunter22', { password: 'hunter22', list: [{ hunter22: 1 }], key });
    for (const line of key.split('\n')) log.output('stdout', line);
    log.output('stdout', `${'hunter22'.repeat(1_999)}hunterhunter2`);
    const text = JSON.stringify(log.take());
    for (const leaked of ['hunter2', 'BEGIN', 'MIIE', 'END']) expect(text).not.toContain(leaked);
    expect(text).toContain('it is ***');
  });
});
