import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type ClientOptions, RepriseClient } from './index.js';

const before = { ...process.env };
const here = globalThis.process;
beforeEach(() => {
  delete process.env['REPRISE_URL'];
  delete process.env['REPRISE_TOKEN'];
});
afterEach(() => {
  globalThis.process = here;
  process.env = { ...before };
});

/** Where a client asks, and by which token. */
async function asks(options: ClientOptions = {}): Promise<readonly [string, string | null]> {
  let asked: readonly [string, string | null] | null = null;
  const fetch = async (url: unknown, init: RequestInit = {}): Promise<Response> => {
    asked = [String(url).replace('/v1/executors', ''), new Headers(init.headers).get('authorization')];
    return new Response('{"items":[],"next":null}');
  };
  await new RepriseClient({ ...options, fetch: fetch as typeof globalThis.fetch }).executors.list();
  return asked ?? ['nowhere', null];
}

const LOCAL = 'http://127.0.0.1:3000';

test('the environment says where the monitor is and by which token, unless the caller does', async () => {
  expect(await asks()).toEqual([LOCAL, null]);
  process.env['REPRISE_URL'] = 'http://there:3000/';
  process.env['REPRISE_TOKEN'] = 'token-of-the-environment';
  expect(await asks()).toEqual(['http://there:3000', 'Bearer token-of-the-environment']);
  expect(await asks({ url: 'http://here:1', token: 'mine' })).toEqual(['http://here:1', 'Bearer mine']);
  expect(await asks({ token: null })).toEqual(['http://there:3000', null]);
});

test('an empty variable counts as not set', async () => {
  process.env['REPRISE_URL'] = '';
  process.env['REPRISE_TOKEN'] = '';
  expect(await asks()).toEqual([LOCAL, null]);
});

test('where there is no process, or one without an environment, the defaults hold', async () => {
  Reflect.deleteProperty(globalThis, 'process');
  const nowhere = asks();
  globalThis.process = {} as NodeJS.Process;
  const bare = asks();
  globalThis.process = here;
  expect([await nowhere, await bare]).toEqual([
    [LOCAL, null],
    [LOCAL, null],
  ]);
});
