import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { failureOf } from '../../test/attempt-under-test.js';
import { call, HttpServers } from '../../test/http-servers.js';

const servers = new HttpServers();
const { answering } = servers;
let here: string;
let elsewhere: string;
beforeAll(async () => {
  here = await servers.serve();
  elsewhere = await servers.serve();
});
afterEach(servers.forget);
afterAll(servers.end);

describe('redirects', () => {
  const redirecting = (status: number, location: (url: string) => string | null) => {
    servers.behave = (response, { url }) => {
      const to = location(url);
      if (to === null) response.writeHead(200, { 'content-type': 'text/plain' }).end('arrived');
      else response.writeHead(status, { location: to }).end();
    };
  };

  test('are followed three times', async () => {
    redirecting(302, (url) => (url === '/3' ? null : `/${Number(url.slice(1)) + 1}`));
    expect(await call({ url: `${here}/0` })).toMatchObject({ status: 200, body: 'arrived' });
    expect(await failureOf(call({ url: `${here}/-1` }))).toMatchObject({
      code: 'http.302',
      retryable: false,
      message: expect.stringMatching(/more than 3 times/),
    });
  });

  test('to another host leave behind what may be meant for the first', async () => {
    redirecting(307, (url) => (url === '/there' ? null : `${elsewhere}/there`));
    await call({
      method: 'POST',
      url: `${here}/here`,
      headers: { authorization: 'Bearer x', cookie: 'a=b', 'x-api-key': 'k', accept: 'text/csv' },
      body: { a: 1 },
    });
    expect(servers.seen[0]?.headers).toMatchObject({ authorization: 'Bearer x', 'x-api-key': 'k' });
    expect(servers.seen[1]).toMatchObject({
      method: 'POST',
      body: '{"a":1}',
      headers: { accept: 'text/csv', 'idempotency-key': 'key-1', 'content-type': 'application/json' },
    });
    for (const name of ['authorization', 'cookie', 'x-api-key']) expect(servers.seen[1]?.headers).not.toHaveProperty(name);
    expect(servers.seen[1]?.headers.host).toBe(new URL(elsewhere).host);
  });

  test('on the same host keep them', async () => {
    redirecting(308, (url) => (url === '/there' ? null : '/there'));
    await call({ url: `${here}/here`, headers: { authorization: 'Bearer x' } });
    expect(servers.seen[1]?.headers).toMatchObject({ authorization: 'Bearer x' });
  });

  test('of a POST by 302 and 303 are asked for with GET, without its body', async () => {
    redirecting(303, (url) => (url === '/there' ? null : '/there'));
    await call({ method: 'POST', url: `${here}/here`, body: { a: 1 } });
    expect(servers.seen[1]).toMatchObject({ method: 'GET', body: '' });
    expect(servers.seen[1]?.headers).not.toHaveProperty('content-type');
  });

  test('to something that is not http are refused', async () => {
    redirecting(302, () => 'file:///etc/passwd');
    expect(await failureOf(call({ url: here }))).toMatchObject({ code: 'http.302', retryable: false });
  });

  test('without a place to go are an answer', async () => {
    answering(304, {});
    expect(await call({ url: here })).toMatchObject({ status: 304 });
  });
});
