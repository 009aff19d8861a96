import { describe, expect, test } from '@jest/globals';
import { isAllowed } from '../start-embedded-executor.js';
import { defineHandler } from './define-handler.js';
import type { HandlerOptions } from './handler.js';
import { HandlerRegistry } from './handler-registry.js';

const define = (options: HandlerOptions = {}, name = 'shop.pay') => defineHandler(name, options, () => 1);

describe('a handler', () => {
  test('says nothing unless it is told to', () => {
    expect(define()).toMatchObject({ effect: 'idempotent', attemptTimeoutMs: null, heartbeatTimeoutMs: null, retry: null });
  });

  test('declares timeouts and retries in the words of a document', () => {
    const retry = {
      maximumAttempts: 8,
      initialInterval: '500ms',
      maximumInterval: '1m',
      maximumElapsed: '1h',
      jitter: 'none',
    } as const;
    expect(define({ effect: 'transactional', timeout: { attempt: '10s', heartbeat: '5s' }, retry })).toMatchObject({
      effect: 'transactional',
      attemptTimeoutMs: 10_000,
      heartbeatTimeoutMs: 5_000,
      retry: {
        maximumAttempts: 8,
        initialIntervalMs: 500,
        maximumIntervalMs: 60_000,
        maximumElapsedMs: 3_600_000,
        jitter: 'none',
      },
    });
    expect(define({ timeout: '10s' }).attemptTimeoutMs).toBe(10_000);
  });

  test.each<[string, HandlerOptions, RegExp]>([
    ['a doubt without an end', { onInDoubt: 'wait' as 'park' }, /onInDoubt "wait" is unknown; use park, retry, probe, fail/],
    ['an effect nobody knows', { effect: 'twice' as 'once' }, /"twice" is unknown/],
    ['a bare number as a timeout', { timeout: '10' }, /timeout\.attempt/],
    ['a bad duration', { timeout: { heartbeat: 'soon' } }, /timeout\.heartbeat/],
    ['no time at all', { timeout: '0s' }, /timeout\.attempt/],
    ['a slip in an option', { timout: '5s' } as object, /has no option "timout": did you mean "timeout"\?/],
    ['an option of something else', { queue: 'x' } as object, /has no option "queue": there are effect, /],
    [
      'a slip in a timeout',
      { timeout: { heartbeats: '5s' } as object },
      /timeout has no option "heartbeats": did you mean "heartbeat"\?/,
    ],
    [
      'a slip in a retry',
      { retry: { maximumAttemps: 2 } as object },
      /retry has no option "maximumAttemps": did you mean "maximumAttempts"\?/,
    ],
    ['a bad interval', { retry: { initialInterval: '5 minutes' } }, /retry\.initialInterval/],
    ['attempts below zero', { retry: { maximumAttempts: -1 } }, /retry\.maximumAttempts/],
    ['a cap below the first wait', { retry: { initialInterval: '1m', maximumInterval: '1s' } }, /retry\.maximumInterval/],
  ])('is refused at boot, by name: %s', (_, options, message) => {
    expect(() => define(options)).toThrow(message);
    expect(() => define(options)).toThrow(/"shop\.pay"/);
    expect(() => define(options)).toThrow(expect.objectContaining({ code: 'HANDLERS' }));
  });

  test.each(['', '1st', 'a b', 'a/b', 'x'.repeat(101)])('cannot be called %p', (name) => {
    expect(() => define({}, name)).toThrow(/cannot be a handler's name/);
  });

  test('that throws at once rejects like one that throws later', async () => {
    const handler = defineHandler('x', {}, () => {
      throw new Error('at once');
    });
    await expect(handler.run(null, undefined as never)).rejects.toThrow('at once');
  });
});

test('two handlers of one name are a boot error', () => {
  expect(() => new HandlerRegistry([define(), define()])).toThrow('two handlers are called "shop.pay"');
  const at = (declaredAt: string) => ({ ...define(), declaredAt });
  expect(() => new HandlerRegistry([at('Payments.pay'), at('Billing.charge')])).toThrow(
    'two handlers are called "shop.pay": Payments.pay and Billing.charge; give one of them another name',
  );
  expect(() => new HandlerRegistry([at('Payments.pay'), at('Payments.pay')])).toThrow(
    /Payments\.pay of two instances; provide .* one module/,
  );
  expect(new HandlerRegistry([define({}, 'b'), define({}, 'a')]).names).toEqual(['a', 'b']);
  expect(new HandlerRegistry([define()]).find('toString')).toBeNull();
});

test.each<[readonly string[] | null, string, boolean]>([
  [null, 'shell', true],
  [[], 'shell', false],
  [['http', 'sql'], 'shell', false],
  [['http', 'sql'], 'sql', true],
  [['shop.*'], 'shop.pay', true],
  [['shop.*'], 'shopping', false],
  [['sh'], 'shell', false],
  [['*'], 'shell', true],
])('REPRISE_HANDLERS %p and %s: %p', (allow, name, allowed) => {
  expect(isAllowed(allow, name)).toBe(allowed);
});
