import { describe, expect, test } from '@jest/globals';
import { maskUrl, redact, registerSecret } from '../redact.js';
import { createLogger } from './logger.js';

function logged(write: (logger: ReturnType<typeof createLogger>) => void, pretty = false): string {
  const lines: string[] = [];
  write(createLogger({ service: 'trigger', level: 'debug', pretty, write: (line) => lines.push(line) }));
  return lines.join('');
}

describe('log', () => {
  test('a line is one JSON object with level, time, service, message and the fields', () => {
    const line = JSON.parse(logged((logger) => logger.child({ runId: 'r1' }).warn({ attempt: 2 }, 'late'))) as Record<
      string,
      unknown
    >;
    expect(line).toMatchObject({ level: 'warn', service: 'trigger', message: 'late', runId: 'r1', attempt: 2 });
    expect(line.time).toMatch(/^\d{4}-\d\d-\d\dT/);
  });

  test('an error keeps its code, its stack and its causes', () => {
    const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    const error = Object.assign(new Error('no ledger', { cause }), { code: 'LEDGER_UNREACHABLE' });
    const line = JSON.parse(logged((logger) => logger.error({ error }, 'failed'))) as { error: Record<string, unknown> };
    expect(line.error).toMatchObject({
      code: 'LEDGER_UNREACHABLE',
      message: 'no ledger',
      cause: { code: 'ECONNREFUSED', message: 'refused' },
    });
    expect(String(line.error.stack)).toContain('logger.spec');
  });

  test('an error that causes itself does not hang the log', () => {
    const error = new Error('round');
    error.cause = error;
    expect(logged((logger) => logger.error({ error }, 'x'))).toContain('round');
  });

  test.each([false, true])(
    'a registered secret is nowhere: not in fields, messages, keys, stacks, in no spelling (pretty: %s)',
    (pretty) => {
      const secret = 'p"ä\\ss/wo+rd$1';
      registerSecret(secret);
      const text = logged((logger) => {
        logger.info(
          { header: `Bearer ${secret}`, nested: { [secret]: [secret] }, url: `https://x/?k=${encodeURIComponent(secret)}` },
          `using ${secret}`,
        );
        logger.error({ error: new Error(`bad ${secret}`) }, 'failed');
      }, pretty);
      for (const spelling of [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])
        expect(text).not.toContain(spelling);
      expect(text).toContain('[redacted]');
      if (!pretty) for (const line of text.trim().split('\n')) JSON.parse(line);
    },
  );

  test('passwords in URLs are masked wherever they stand', () => {
    expect(maskUrl('amqp://guest:s3cret@host/v and postgres://u:p%40ss@h')).toBe(
      'amqp://guest:***@host/v and postgres://u:***@h',
    );
    expect(redact('see https://example.org/a:b and mail me@example.org')).toBe(
      'see https://example.org/a:b and mail me@example.org',
    );
    expect(maskUrl('postgres://u:half@of@it@h/db')).toBe('postgres://u:***@h/db');
  });

  test('logged data cannot write to the terminal or begin a line of its own', () => {
    const text = logged((logger) => logger.info({ user: 'a\u001b[2J\u202e' }, 'one\ntwo'), true);
    for (const bad of ['\n', '\u001b', '\u202e']) expect(text.trimEnd()).not.toContain(bad);
    expect(text).toContain('one\\u000atwo user=a\\u001b[2J\\u202e');
  });
});
