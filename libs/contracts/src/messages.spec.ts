import { describe, expect, test } from '@jest/globals';
import { claimId, fence, type JsonText, type Outcome, runId, versionId } from '@reprise/core';
import fc from 'fast-check';
import { type AttemptTicket, decodeAttempts, encodeAttempts } from './attempt-message.js';
import { type ControlHint, decodeHint, encodeHint } from './control-hint.js';
import { decodeInbox, encodeInbox, type InboxItem } from './inbox-message.js';
import { type Alarm, decodeAlarm, encodeAlarm } from './timer-message.js';

const uuid = fc.uuid();
const text = fc.string({ unit: 'grapheme', maxLength: 60 });
const at = fc.array(fc.integer({ min: 0, max: 999_999_999 }), { maxLength: 4 }).map((indices) => indices.join('.'));
const address = { run: uuid.map(runId), version: uuid.map(versionId) };
const task = { ...address, node: fc.nat(), at, fence: fc.maxSafeNat().map(fence) };

const ticket: fc.Arbitrary<AttemptTicket> = fc.record(
  {
    ...task,
    workflow: text,
    path: text,
    call: text,
    attempt: fc.integer({ min: 1, max: 1_000_000 }),
    timeoutMs: fc.nat(),
    heartbeatMs: fc.nat(),
    effect: fc.constantFrom('idempotent', 'transactional'),
    keyed: fc.constant(true as const),
    judged: fc.constant(true as const),
  },
  { requiredKeys: ['run', 'version', 'node', 'at', 'fence', 'workflow', 'path', 'call', 'attempt'] },
);

const handlerRetry = fc.record(
  {
    maximumAttempts: fc.nat(),
    initialIntervalMs: fc.integer({ min: 0, max: 1_000 }),
    backoff: fc.constantFrom('fixed', 'linear', 'exponential'),
    backoffCoefficient: fc.integer({ min: 1, max: 10 }),
    maximumIntervalMs: fc.option(fc.integer({ min: 1_000, max: 10_000 })),
    jitter: fc.constantFrom('none', 'full', 'equal', 'decorrelated'),
    maximumElapsedMs: fc.option(fc.integer({ min: 1, max: 1_000 })),
    retryOn: fc.option(fc.constant(['http.5*'])),
    nonRetryable: fc.constant(['CARD_*']),
    maximumLost: fc.integer({ min: 1, max: 9 }),
    onExhausted: fc.constantFrom('fail', 'park'),
  },
  { requiredKeys: [] },
);

const success = { kind: fc.constant('succeeded' as const), output: fc.json().map((json) => json as JsonText) };

const outcome: fc.Arbitrary<Outcome> = fc.oneof(
  fc.record({ ...success, handlerRetry }, { requiredKeys: ['kind', 'output'] }),
  fc.record(
    { ...success, fromLedger: fc.constant(true as const), owner: fc.record({ run: address.run, node: fc.nat(), at }) },
    { requiredKeys: ['kind', 'output', 'fromLedger'] },
  ),
  fc.record(
    {
      kind: fc.constant('failed' as const),
      error: fc.record(
        {
          code: fc.string({ minLength: 1 }),
          message: text,
          details: fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value))),
        },
        { requiredKeys: ['code', 'message'] },
      ),
      retryable: fc.constantFrom(true, false, null),
      retryAfterMs: fc.option(fc.nat()),
      handlerRetry,
    },
    { requiredKeys: ['kind', 'error', 'retryable', 'retryAfterMs'] },
  ),
  fc.constant({ kind: 'cancelled' as const }),
) as fc.Arbitrary<Outcome>;

const item: fc.Arbitrary<InboxItem> = fc.oneof(
  fc.record({ kind: fc.constant('outcome' as const), ...task, claim: uuid.map(claimId), outcome }),
  fc.record({ kind: fc.constant('wake' as const), ...task }),
  fc.record({
    kind: fc.constant('hold' as const),
    ...task,
    reason: fc.constantFrom('NO_QUEUE', 'NO_HANDLER', 'KEY_IN_PROGRESS'),
  }),
  fc.record({ kind: fc.constantFrom('look' as const, 'recover' as const), ...address }),
);
const alarm: fc.Arbitrary<Alarm> = fc.record({ ...task, dueAt: fc.double({ min: 0, max: 4e12, noNaN: true }).map(Math.abs) });
const hint: fc.Arbitrary<ControlHint> = fc.oneof(
  fc.constant({ kind: 'reload' as const }),
  fc.constant({ kind: 'queues' as const }),
  fc.record({ kind: fc.constant('interrupt' as const), executor: text, claim: uuid.map(claimId), run: uuid, node: fc.nat(), at }),
);

describe('what is encoded comes out the same', () => {
  test('attempts', () => {
    fc.assert(
      fc.property(fc.array(ticket, { maxLength: 20 }), (tickets) => {
        expect(decodeAttempts(Buffer.from(encodeAttempts(tickets)))).toEqual({ kind: 'ok', value: tickets });
      }),
    );
  });

  test('inbox items', () => {
    fc.assert(
      fc.property(fc.array(item, { maxLength: 20 }), (items) => {
        expect(decodeInbox(Buffer.from(encodeInbox(items)))).toEqual({ kind: 'ok', value: items });
      }),
    );
  });

  test('alarms', () => {
    fc.assert(
      fc.property(alarm, (given) => {
        expect(decodeAlarm(Buffer.from(encodeAlarm(given)))).toEqual({ kind: 'ok', value: given });
      }),
    );
  });

  test('hints', () => {
    fc.assert(fc.property(hint, (given) => expect(decodeHint(Buffer.from(encodeHint(given)))).toEqual(given)));
  });
});

const RUN = '018f3c2e-0000-7000-8000-000000000001';
const TASK = { run: RUN, version: RUN, node: 0, at: '', fence: 1 };
const TICKET = { ...TASK, workflow: 'w', path: 'a', call: 'c', attempt: 1 };
const OUTCOME = { ...TASK, kind: 'outcome', claim: RUN };
const succeeded = (fields: object) => ({ ...OUTCOME, outcome: { kind: 'succeeded', output: '1', ...fields } });
const failed = (fields: object) => ({ ...OUTCOME, outcome: { kind: 'failed', error: { code: 'X', message: 'x' }, ...fields } });

const inbox = (one: unknown) => decodeInbox(Buffer.from(JSON.stringify({ v: 1, items: [one] })));
const attempts = (one: unknown) => decodeAttempts(Buffer.from(JSON.stringify({ v: 1, attempts: [one] })));
const alarms = (...all: unknown[]) => decodeAlarm(Buffer.from(JSON.stringify({ v: 1, alarms: all })));
const decoders = { attempts: decodeAttempts, items: decodeInbox, alarms: decodeAlarm };

describe('what is malformed is named', () => {
  test.each<[string, unknown, string]>([
    ['run', 'x', '`run` must be a lower-case UUID'],
    ['run', RUN.toUpperCase(), '`run` must be a lower-case UUID'],
    ['version', undefined, '`version` must be text'],
    ['workflow', 5, '`workflow` must be text'],
    ['path', 'p'.repeat(5_000), '`path` must be text'],
    ['call', null, '`call` must be text'],
    ['node', -1, '`node` must be a whole number from 0'],
    ['node', 1.5, '`node` must be a whole number from 0'],
    ['fence', '1', '`fence` must be a whole number from 0'],
    ['fence', 2 ** 60, '`fence` must be a whole number from 0'],
    ['at', '3.', '`at` must be item indices such as 3.0'],
    ['at', '3\n', '`at` must be item indices such as 3.0'],
    ['attempt', 0, '`attempt` must be a whole number from 1'],
    ['timeoutMs', -5, '`timeoutMs` must be a whole number from 0'],
    ['heartbeatMs', null, '`heartbeatMs` must be a whole number from 0'],
    ['effect', 'twice', '`effect` must be idempotent or transactional or once'],
    ['onInDoubt', 'wait', '`onInDoubt` must be park or retry or probe or fail'],
    ['keyed', 'yes', '`keyed` must be true or false'],
  ])('in an attempt: %s = %p', (name, value, reason) => {
    expect(attempts(TICKET)).toMatchObject({ kind: 'ok' });
    expect(attempts({ ...TICKET, [name]: value })).toEqual({ kind: 'bad', reason });
  });

  test.each<[unknown, string]>([
    [{ ...TASK }, '`kind` must be text'],
    [{ ...TASK, kind: 'shout' }, '`kind` must be outcome, wake, emitted, refused, hold, look or recover'],
    [{ kind: 'look', version: RUN }, '`run` must be text'],
    [{ ...TASK, kind: 'refused', error: { code: '' } }, '`error` needs code and message'],
    [{ ...TASK, kind: 'refused' }, '`error` must be an object'],
    [{ ...TASK, kind: 'wake', at: 'x' }, '`at` must be item indices such as 3.0'],
    [
      { ...TASK, kind: 'hold', reason: 'TIRED' },
      '`reason` must be NO_QUEUE or NO_HANDLER or KEY_IN_PROGRESS or RATE_LIMIT or BREAKER_OPEN or CONCURRENCY',
    ],
    [{ ...OUTCOME, claim: 'x' }, '`claim` must be a lower-case UUID'],
    [OUTCOME, '`outcome` must be an object'],
    [{ ...OUTCOME, outcome: { kind: 'shrugged' } }, '`outcome.kind` must be succeeded, failed or cancelled'],
    [{ ...OUTCOME, outcome: { kind: 'succeeded', output: { a: 1 } } }, '`outcome.output` must be JSON text'],
    [{ ...OUTCOME, outcome: { kind: 'succeeded', output: '' } }, '`outcome.output` must be JSON text'],
    [{ ...OUTCOME, outcome: { kind: 'failed' } }, '`outcome.error` must be an object'],
    [failed({ error: { code: '', message: 'x' } }), '`outcome.error` needs code and message'],
    [failed({ error: { code: 'X' } }), '`outcome.error` needs code and message'],
    [failed({ retryable: 'no' }), '`outcome.retryable` must be true, false or null'],
    [failed({ retryAfterMs: -1 }), '`outcome.retryAfterMs` must be milliseconds from 0, or null'],
    [failed({ retryAfterMs: '5s' }), '`outcome.retryAfterMs` must be milliseconds from 0, or null'],
    [succeeded({ handlerRetry: 'often' }), '`outcome.handlerRetry` must be an object'],
    [succeeded({ fromLedger: true, owner: 'me' }), '`outcome.owner` must be an object'],
    [succeeded({ fromLedger: true, owner: { ...TASK, run: 'me' } }), '`run` must be a lower-case UUID'],
    [failed({ handlerRetry: 'often' }), '`outcome.handlerRetry` must be an object'],
    [failed({ handlerRetry: { initialIntervalMs: '1s' } }), '`outcome.handlerRetry.initialIntervalMs` is not of its type'],
    [failed({ handlerRetry: { backoff: 'quadratic' } }), '`outcome.handlerRetry.backoff` is not of its type'],
    [failed({ handlerRetry: { retryOn: 'http.*' } }), '`outcome.handlerRetry.retryOn` is not of its type'],
    [
      failed({ handlerRetry: { maximumAttempts: -1 } }),
      '`outcome.handlerRetry`: maximumAttempts must be a whole number, 0 or more, not -1',
    ],
  ])('in an inbox item: %j', (given, reason) => {
    expect(inbox(given)).toEqual({ kind: 'bad', reason });
  });

  test('in an alarm', () => {
    const good = { ...TASK, dueAt: 1_700_000_000_000.5 };
    expect(alarms(good)).toEqual({ kind: 'ok', value: good });
    for (const dueAt of [undefined, '1', -1])
      expect(alarms({ ...good, dueAt })).toEqual({ kind: 'bad', reason: '`dueAt` must be epoch milliseconds' });
    for (const all of [[], [good, good]]) expect(alarms(...all)).toEqual({ kind: 'bad', reason: '`alarms` must hold one alarm' });
  });

  test.each(Object.entries(decoders))('around %s', (name, decode) => {
    const decoded = (value: unknown) => decode(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));
    expect(decoded('{')).toMatchObject({ kind: 'bad', reason: expect.stringContaining('JSON') });
    expect(decoded('')).toMatchObject({ kind: 'bad' });
    expect(decoded([])).toEqual({ kind: 'bad', reason: 'an object is expected' });
    expect(decoded({ [name]: [] })).toEqual({ kind: 'bad', reason: '`v` must be a whole number from 0' });
    expect(decoded({ v: 1 })).toEqual({ kind: 'bad', reason: `\`${name}\` must be a list` });
    expect(decoded({ v: 1, [name]: [null] })).toEqual({ kind: 'bad', reason: 'an object is expected' });
    expect(decoded({ v: 2, [name]: [] })).toEqual({ kind: 'bad', reason: 'unsupported message version 2' });
  });

  test('never throws, whatever arrives', () => {
    const any = fc.oneof(
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      fc.json().map((json) => Buffer.from(json)),
    );
    fc.assert(
      fc.property(any, (body) => {
        for (const decode of Object.values(decoders)) expect(['ok', 'bad']).toContain(decode(body).kind);
        decodeHint(body);
      }),
    );
  });

  test('and what a message has too much of is not taken along', () => {
    expect(inbox({ ...failed({ handlerRetry: { maximumAttempts: 2, policies: [{}] } }), extra: 1 })).toMatchObject({
      kind: 'ok',
      value: [{ outcome: { handlerRetry: { maximumAttempts: 2 } } }],
    });
    expect(JSON.stringify(inbox(failed({ handlerRetry: { policies: [{}] }, extra: 1 })))).not.toMatch(/policies|extra/);
  });
});

test.each([
  ['', null],
  ['[]', null],
  ['{"kind":"restart"}', null],
  ['{"kind":"interrupt"}', null],
  [`{"kind":"interrupt","executor":"e","claim":"${RUN}","run":"x","node":0,"at":""}`, null],
  ['{"kind":"reload","more":1}', { kind: 'reload' }],
])('a hint that makes no sense is no hint: %s', (body, expected) => {
  expect(decodeHint(Buffer.from(body))).toEqual(expected);
});
