import { describe, expect, test } from '@jest/globals';
import { redact } from './redact.js';

describe('redact', () => {
  test.each([
    ['without blanks', `file:///a ${'x'.repeat(1_000_000)}`],
    ['of one scheme after the other', 'a://b:'.repeat(150_000)],
    ['of users without passwords', `a://${'b'.repeat(250)}:`.repeat(3_000)],
  ])('takes no more than seconds for a megabyte %s', (_, text) => {
    const before = performance.now();
    expect(redact(text)).toBe(text);
    expect(performance.now() - before).toBeLessThan(10_000);
  });

  test('masks the password of every URL in a text, also one with an @ in it', () => {
    expect(redact('amqp://u:p%40s@h/x and postgres://a:b@c@d')).toBe('amqp://u:***@h/x and postgres://a:***@d');
  });
});
