import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { httpSafety } from './http/http-safety.js';
import { identityOf, parseCredentials } from './identity.js';
import { readSettings, SettingsError } from './settings/settings.js';

const ALICE = 'correct-horse-battery';
const BOB = 'staple-and-more-of-it';
const OPERATOR = 'the-one-of-the-operator';

let server: Server | undefined;
afterEach(() => new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve()))));

/** Answers who the server takes the sender of these headers for, or the code of its refusal. */
async function asked(env: Record<string, string>, headers: Record<string, string> = {}): Promise<string> {
  const safety = httpSafety(readSettings(env, 'monitor'));
  const own = createServer((incoming, response) => safety(incoming, response, () => response.end(identityOf(incoming))));
  server = own;
  await new Promise<void>((resolve) => own.listen(0, '127.0.0.1', resolve));
  const { port } = own.address() as AddressInfo;
  const text = await new Promise<string>((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', path: '/v1/runs', headers, agent: false }, async (response) => {
      let body = '';
      for await (const chunk of response) body += chunk;
      resolve(body);
    });
    sent.on('error', reject).end();
  });
  await new Promise<void>((resolve) => own.close(() => resolve()));
  server = undefined;
  return text.startsWith('{') ? (JSON.parse(text) as { code: string }).code : text;
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('who acts is told by the token', () => {
  const env = { REPRISE_TOKEN: OPERATOR, REPRISE_TOKENS: `alice=${ALICE}, bob.b@shop-1=${BOB},alice=another=for-alice-1234` };

  test.each([
    [ALICE, 'alice'],
    ['another=for-alice-1234', 'alice'],
    [BOB, 'bob.b@shop-1'],
    [OPERATOR, 'operator'],
    [`${ALICE}x`, 'unauthorized'],
    ['alice', 'unauthorized'],
  ])('%s is %s', async (token, name) => {
    expect(await asked(env, bearer(token))).toBe(name);
  });

  test('nobody is anybody without one', async () => {
    expect(await asked(env)).toBe('unauthorized');
    expect(await asked({ REPRISE_TOKENS: `alice=${ALICE}` })).toBe('unauthorized');
  });

  test('who says to be somebody else is refused, even with a token of their own', async () => {
    expect(await asked(env, { ...bearer(ALICE), 'reprise-actor': 'bob' })).toBe('actor_not_allowed');
    expect(await asked(env, { 'reprise-actor': 'bob' })).toBe('unauthorized');
  });
});

describe('where nobody needs a token', () => {
  test('it is `local`, or whoever says so', async () => {
    expect(await asked({})).toBe('local');
    expect(await asked({ REPRISE_TOKENS: '' }, { 'reprise-actor': 'Anna@Shop.example' })).toBe('anna@shop.example');
  });

  test.each(['a b', 'a/b', '', 'x'.repeat(101)])('%j is nobody', async (name) => {
    expect(await asked({}, { 'reprise-actor': name })).toBe('invalid_actor');
  });
});

describe('tokens of people', () => {
  test.each([
    'alice',
    `=${ALICE}`,
    'alice=short',
    `Alice=${ALICE}`,
    `al ice=${ALICE}`,
    `alice=${ALICE},`,
    `alice=${ALICE},bob=${ALICE}`,
    `alice=with blank in the middle`,
  ])('%s is refused, and not shown', (raw) => {
    expect(parseCredentials(raw).kind).toBe('bad');
    const read = () => readSettings({ REPRISE_TOKENS: raw }, 'monitor');
    expect(read).toThrow(SettingsError);
    expect(read).toThrow(/REPRISE_TOKENS is wrong \(its value is not shown\); it must be NAME=TOKEN pairs/);
    expect(read).not.toThrow(new RegExp(ALICE));
  });

  test('one that is REPRISE_TOKEN too must not have another name', () => {
    expect(() => readSettings({ REPRISE_TOKEN: ALICE, REPRISE_TOKENS: `alice=${ALICE}` }, 'monitor')).toThrow(
      /under another name/,
    );
    expect(() => readSettings({ REPRISE_TOKEN: ALICE, REPRISE_TOKENS: `operator=${ALICE}` }, 'monitor')).not.toThrow();
  });

  test('are enough to listen off loopback', () => {
    expect(readSettings({ REPRISE_HOST: '0.0.0.0', REPRISE_TOKENS: `alice=${ALICE}` }, 'monitor')).toMatchObject({
      loopback: false,
    });
    expect(() => readSettings({ REPRISE_HOST: '0.0.0.0' }, 'monitor')).toThrow(/REPRISE_TOKENS/);
  });
});
