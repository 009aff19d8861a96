import { createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { REPLAY_WINDOW_MS, verifySignature } from './verify-signature.js';

const VALID = { kind: 'valid' };

describe('Standard Webhooks', () => {
  // The example of the specification's reference implementations.
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const body = Buffer.from('{"test": 2432232314}');
  const sentAt = 1_614_265_330;
  const headers = {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': String(sentAt),
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  };
  const verify = (changed: object = {}, now = sentAt * 1_000, bytes = body, key = secret) =>
    verifySignature('standard-webhooks', key, { headers: { ...headers, ...changed }, body: bytes, now });

  test('knows what its owner signed, and nothing that was changed since', () => {
    expect(verify()).toEqual(VALID);
    expect(verify({}, undefined, Buffer.from('{"test": 2432232315}'))).toMatchObject({
      kind: 'refused',
      reason: expect.stringMatching(/does not fit/),
    });
    expect(verify({ 'webhook-id': 'msg_other' })).toMatchObject({ kind: 'refused' });
    expect(verify({ 'webhook-timestamp': String(sentAt + 1) })).toMatchObject({ kind: 'refused' });
    expect(verify({}, undefined, body, 'whsec_AAAA')).toMatchObject({ kind: 'refused' });
  });

  test('takes any of several signatures, as while a secret is rotated, and leaves other versions alone', () => {
    expect(verify({ 'webhook-signature': `v1a,xx v1,AAAA ${headers['webhook-signature']}` })).toEqual(VALID);
    expect(verify({ 'webhook-signature': headers['webhook-signature'].replace('v1,', 'v2,') })).toMatchObject({
      kind: 'refused',
    });
  });

  test('refuses what was sent outside of the window, so that nothing recorded can be sent again later', () => {
    expect(verify({}, sentAt * 1_000 + REPLAY_WINDOW_MS)).toEqual(VALID);
    expect(verify({}, sentAt * 1_000 + REPLAY_WINDOW_MS + 1)).toEqual({
      kind: 'refused',
      reason: 'webhook-timestamp is older than the window of 5 minutes',
    });
    expect(verify({}, sentAt * 1_000 - REPLAY_WINDOW_MS - 1)).toMatchObject({
      reason: expect.stringMatching(/newer than the window/),
    });
  });

  test.each([
    [{ 'webhook-id': undefined }, /must all be sent/],
    [{ 'webhook-signature': '' }, /must all be sent/],
    [{ 'webhook-timestamp': 'today' }, /seconds since 1970/],
  ])('says what is missing: %j', (changed, reason) => {
    expect(verify(changed)).toMatchObject({ kind: 'refused', reason: expect.stringMatching(reason) });
  });

  test('takes a secret that is plain text as its bytes', () => {
    const signature = createHmac('sha256', 'plain').update(`id.${sentAt}.`).update(body).digest('base64');
    expect(verify({ 'webhook-id': 'id', 'webhook-signature': `v1,${signature}` }, undefined, body, 'plain')).toEqual(VALID);
  });
});

describe('GitHub', () => {
  // The example of GitHub's documentation.
  const signature = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
  const verify = (headers: Record<string, string>) =>
    verifySignature('github', "It's a Secret to Everybody", { headers, body: Buffer.from('Hello, World!'), now: 0 });

  test('knows what its owner signed', () => {
    expect(verify({ 'x-hub-signature-256': signature, 'x-github-delivery': 'd1' })).toEqual(VALID);
    expect(verify({ 'x-hub-signature-256': signature.replace(/7$/, '8'), 'x-github-delivery': 'd1' })).toMatchObject({
      reason: expect.stringMatching(/does not fit/),
    });
  });

  test('says what is missing', () => {
    expect(verify({ 'x-github-delivery': 'd1' })).toMatchObject({
      reason: expect.stringMatching(/x-hub-signature-256 must be sent/),
    });
    expect(verify({ 'x-hub-signature-256': signature })).toMatchObject({
      reason: expect.stringMatching(/x-github-delivery must be sent/),
    });
    expect(verify({ 'x-hub-signature-256': 'sha1=ab', 'x-github-delivery': 'd1' })).toMatchObject({ kind: 'refused' });
  });
});

test('what needs no signature has none to check', () => {
  expect(verifySignature('none', '', { headers: {}, body: Buffer.alloc(0), now: 0 })).toEqual(VALID);
});
