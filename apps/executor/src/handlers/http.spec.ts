import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Json } from '@reprise/core';
import { attemptUnderTest, failureOf, LIMITS } from '../../test/attempt-under-test.js';
import { httpHandler } from './http.js';
import { retryAfterMs } from './retry-after.js';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}
type Behaviour = (response: ServerResponse, seen: Seen) => unknown;

let behave: Behaviour = (response) => response.end();
let seen: Seen[] = [];
const servers: Server[] = [];

async function serve(): Promise<string> {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const one = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body };
    seen.push(one);
    response.on('error', () => undefined);
    behave(response, one);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  servers.push(server);
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

let here: string;
let elsewhere: string;
beforeAll(async () => {
  here = await serve();
  elsewhere = await serve();
});
afterEach(() => {
  seen = [];
});
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

const handler = httpHandler(LIMITS);
const call = (input: Json, attempt = attemptUnderTest()) => handler.run(input, attempt);
const answering = (status: number, headers: Record<string, string | string[]>, body: string | Buffer = '') => {
  behave = (response) => response.writeHead(status, headers).end(body);
};

describe('a request', () => {
  test('goes out as described, with the fence, and with the key where it changes something', async () => {
    answering(201, { 'content-type': 'application/json; charset=utf-8' }, '{"id":7}');
    const output = await call({
      method: 'post',
      url: `${here}/orders?a=1#part`,
      headers: { 'X-Tenant': 'blue', 'x-count': 3 },
      query: { b: ['x y', 2], c: null, d: true },
      body: { sku: 'ü' },
    });
    expect(output).toMatchObject({
      status: 201,
      body: { id: 7 },
      headers: { 'content-type': 'application/json; charset=utf-8' },
    });
    expect(seen).toMatchObject([
      {
        method: 'POST',
        url: '/orders?a=1&b=x+y&b=2&d=true',
        body: '{"sku":"ü"}',
        headers: {
          'x-tenant': 'blue',
          'x-count': '3',
          'content-type': 'application/json',
          'x-reprise-fence': '7',
          'idempotency-key': 'key-1',
        },
      },
    ]);
    await call({ url: here });
    expect(seen[1]).toMatchObject({ method: 'GET', headers: { 'x-reprise-fence': '7' } });
    expect(seen[1]?.headers).not.toHaveProperty('idempotency-key');
  });

  test('keeps a key of the author’s own, sends text as text, and credentials of the URL as a header', async () => {
    answering(200, {});
    const url = here.replace('http://', 'http://me:p%40ss@');
    await call({ method: 'PUT', url, headers: { 'idempotency-key': 'mine' }, body: 'plain' });
    expect(seen[0]).toMatchObject({
      body: 'plain',
      headers: {
        'idempotency-key': 'mine',
        'content-type': 'text/plain; charset=utf-8',
        authorization: `Basic ${btoa('me:p@ss')}`,
      },
    });
  });

  test.each<[string, Json, RegExp]>([
    ['no map', 'http://x', /must be a map with `method`/],
    ['an unknown field', { url: 'http://x', metod: 'GET' }, /`metod` is not a field of its input; did you mean `method`\?/],
    ['no url', {}, /`url` is missing/],
    ['a relative url', { url: '/secret-path' }, /absolute http or https URL$/],
    ['another scheme', { url: 'file:///etc/passwd' }, /absolute http or https URL$/],
    ['a method that is none', { url: 'http://x', method: 'PSOT' }, /did you mean POST\?/],
    ['CONNECT', { url: 'http://x', method: 'CONNECT' }, /must be one of/],
    ['a line break in a header', { url: 'http://x', headers: { a: 'b\r\nc: d' } }, /`headers.a` has characters/],
    ['a framing header', { url: 'http://x', headers: { 'Transfer-Encoding': 'chunked' } }, /set by the connection/],
    ['a list as a header', { url: 'http://x', headers: { a: ['b'] } }, /`headers.a` must be a text/],
    ['a map in the query', { url: 'http://x', query: { a: { b: 1 } } }, /`query.a` must be a text.* not a map/],
    ['a body with GET', { url: 'http://x', body: {} }, /cannot be sent with GET/],
    ['a timeout without a unit', { url: 'http://x', timeout: '10' }, /`timeout`: "10" has no unit/],
    ['a timeout that is a number', { url: 'http://x', timeout: 10 }, /`timeout` must be a text, not a number/],
  ])('with %s is refused for good', async (_, input, message) => {
    expect(await failureOf(call(input))).toMatchObject({
      code: 'INVALID_INPUT',
      retryable: false,
      message: expect.stringMatching(message),
    });
    expect(seen).toEqual([]);
  });
});

describe('an answer', () => {
  test.each<[string, Record<string, string>, string | Buffer, Json]>([
    ['JSON', { 'content-type': 'application/problem+json' }, '{"a":[1,2.5,null]}', { body: { a: [1, 2.5, null] } }],
    ['JSON that is none stays text', { 'content-type': 'application/json' }, '{"a":', { body: '{"a":' }],
    [
      'JSON nested beyond the limit stays text',
      { 'content-type': 'application/json' },
      '['.repeat(65) + ']'.repeat(65),
      { body: '['.repeat(65) + ']'.repeat(65) },
    ],
    [
      'text in its own charset',
      { 'content-type': 'text/html; charset="iso-8859-1"' },
      Buffer.from([0x67, 0xfc, 0x6e]),
      { body: 'gün' },
    ],
    [
      'text that is no UTF-8',
      { 'content-type': 'text/plain' },
      Buffer.from([0xff, 0xfe, 0x00]),
      { body: '//4A', bodyEncoding: 'base64' },
    ],
    ['bytes', { 'content-type': 'image/png' }, Buffer.from('png'), { body: 'cG5n', bodyEncoding: 'base64' }],
    ['nothing', {}, '', { body: '' }],
    ['gzip', { 'content-type': 'text/plain', 'content-encoding': 'gzip' }, gzipSync('zipped'), { body: 'zipped' }],
    ['deflate', { 'content-type': 'text/plain', 'content-encoding': 'deflate' }, deflateSync('zipped'), { body: 'zipped' }],
    ['brotli', { 'content-type': 'text/plain', 'content-encoding': 'br' }, brotliCompressSync('zipped'), { body: 'zipped' }],
  ])('with %s', async (_, headers, body, expected) => {
    answering(200, headers, body);
    expect(await call({ url: here })).toMatchObject(expected as object);
  });

  test('to HEAD has no body, whatever its headers say', async () => {
    answering(200, { 'content-encoding': 'gzip', 'content-length': '5000' });
    expect(await call({ method: 'HEAD', url: here })).toMatchObject({ status: 200, body: '' });
  });

  test('that never ends is cut off at the limit, and not tried again', async () => {
    behave = (response) => {
      const more = (): void => void (response.destroyed || response.write('x'.repeat(10_000), more));
      more();
    };
    expect(await failureOf(call({ url: here }))).toMatchObject({ code: 'http.TOO_LARGE', retryable: false });
  });

  test('that is a gzip bomb is cut off at the limit too', async () => {
    answering(200, { 'content-type': 'text/plain', 'content-encoding': 'gzip' }, gzipSync(Buffer.alloc(200_000_000)));
    const before = process.memoryUsage().rss;
    expect(await failureOf(call({ url: here }))).toMatchObject({ code: 'http.TOO_LARGE' });
    // Unpacked it would have 200 MB.
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
  });
});

describe('a status', () => {
  test.each([
    [400, false],
    [404, false],
    [422, false],
    [408, null],
    [425, null],
    [429, null],
    [500, null],
    [503, null],
  ])('of %d is an error, retryable: %p', async (status, retryable) => {
    answering(status, { 'content-type': 'text/plain' }, 'why not');
    expect(await failureOf(call({ method: 'POST', url: `${here}/pay` }))).toMatchObject({
      code: `http.${status}`,
      retryable,
      details: { status },
    });
  });

  test('tells what the server said, and neither query nor credentials', async () => {
    answering(500, { 'content-type': 'application/json' }, `{"error":"${'e'.repeat(2_000)}"}`);
    const { message } = await failureOf(
      call({ url: `${here.replace('//', '//user:secret@')}/pay?token=abc`, headers: { authorization: 'Bearer xyz' } }),
    );
    expect(message).toMatch(/^GET http:\/\/127\.0\.0\.1:\d+\/pay answered 500 Internal Server Error: \{"error":"eee/);
    expect(message).not.toMatch(/secret|abc|xyz/);
    expect(message.length).toBeLessThan(600);
  });

  test('stands although its body breaks off', async () => {
    behave = (response) => {
      response.writeHead(503, { 'content-length': '100' }).write('half');
      setTimeout(() => response.destroy(), 20);
    };
    expect(await failureOf(call({ url: here }))).toMatchObject({ code: 'http.503' });
  });

  test.each([[429], [503], [404]])('of %d hands on its Retry-After', async (status) => {
    answering(status, { 'retry-after': '2' });
    expect((await failureOf(call({ url: here }))).retryAfterMs).toBe(2_000);
  });
});

describe('Retry-After', () => {
  const now = Date.UTC(2030, 0, 1);
  const inHttp = (ms: number) => new Date(ms).toUTCString();
  test.each<[string, string | undefined, string | undefined, number | null]>([
    ['seconds', '120', undefined, 120_000],
    ['zero: at once', '0', undefined, 0],
    ['at most a day', '1000000000000', undefined, 86_400_000],
    ['a date from the answer’s own', inHttp(now + 9_000), inHttp(now + 4_000), 5_000],
    ['a date from our clock, without one', inHttp(now + 9_000), undefined, 9_000],
    ['a date that has passed', inHttp(now - 1), undefined, null],
    ['a negative number', '-1', undefined, null],
    ['garbage', 'soon', undefined, null],
    ['nothing', undefined, undefined, null],
  ])('%s', (_, value, date, expected) => {
    expect(retryAfterMs(value, date, now)).toBe(expected);
  });
});

describe('redirects', () => {
  const redirecting = (status: number, location: (url: string) => string | null) => {
    behave = (response, { url }) => {
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
    expect(seen[0]?.headers).toMatchObject({ authorization: 'Bearer x', 'x-api-key': 'k' });
    expect(seen[1]).toMatchObject({
      method: 'POST',
      body: '{"a":1}',
      headers: { accept: 'text/csv', 'idempotency-key': 'key-1', 'content-type': 'application/json' },
    });
    for (const name of ['authorization', 'cookie', 'x-api-key']) expect(seen[1]?.headers).not.toHaveProperty(name);
    expect(seen[1]?.headers.host).toBe(new URL(elsewhere).host);
  });

  test('on the same host keep them', async () => {
    redirecting(308, (url) => (url === '/there' ? null : '/there'));
    await call({ url: `${here}/here`, headers: { authorization: 'Bearer x' } });
    expect(seen[1]?.headers).toMatchObject({ authorization: 'Bearer x' });
  });

  test('of a POST by 302 and 303 are asked for with GET, without its body', async () => {
    redirecting(303, (url) => (url === '/there' ? null : '/there'));
    await call({ method: 'POST', url: `${here}/here`, body: { a: 1 } });
    expect(seen[1]).toMatchObject({ method: 'GET', body: '' });
    expect(seen[1]?.headers).not.toHaveProperty('content-type');
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

describe('no answer', () => {
  const closedPort = async () => {
    const server = createTcpServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    return port;
  };

  test('from a closed port or an unknown name: nothing has happened', async () => {
    const refused = await failureOf(call({ method: 'POST', url: `http://127.0.0.1:${await closedPort()}/` }));
    expect(refused).toMatchObject({ code: 'http.NETWORK', retryable: null, details: { cause: 'ECONNREFUSED', happened: false } });
    const unknown = await failureOf(call({ url: 'http://no-such-host.invalid/' }));
    expect(unknown).toMatchObject({ code: 'http.NETWORK', details: { happened: false } });
  });

  test('from a closed port after a redirect: something may have', async () => {
    const port = await closedPort();
    behave = (response) => response.writeHead(307, { location: `http://127.0.0.1:${port}/` }).end();
    const { code, details } = await failureOf(call({ method: 'POST', url: here }));
    expect([code, details]).toEqual(['http.NETWORK', { cause: 'ECONNREFUSED' }]);
  });

  test('because the server hangs up: something may have', async () => {
    behave = (response) => response.destroy();
    const { code, details } = await failureOf(call({ method: 'POST', url: here }));
    expect([code, details]).toEqual(['http.NETWORK', { cause: 'ECONNRESET' }]);
  });

  test('that ends in the middle, also in the middle of its compression', async () => {
    behave = (response) => {
      response.writeHead(200, { 'content-length': '100' }).write('half');
      setTimeout(() => response.destroy(), 20);
    };
    expect(await failureOf(call({ url: here }))).toMatchObject({
      code: 'http.NETWORK',
      message: expect.stringMatching(/broke off/),
    });
    answering(200, { 'content-encoding': 'gzip' }, gzipSync('x'.repeat(5_000)).subarray(0, 30));
    expect(await failureOf(call({ url: here }))).toMatchObject({ code: 'http.NETWORK', details: { cause: 'Z_BUF_ERROR' } });
  });

  test('in time, or only the beginning of one', async () => {
    behave = () => undefined;
    expect(await failureOf(call({ url: here, timeout: '50ms' }))).toMatchObject({
      code: 'http.TIMEOUT',
      message: expect.stringMatching(/within 50 ms/),
    });
    behave = (response) => response.writeHead(200).write('half');
    expect(await failureOf(call({ url: here, timeout: '50ms' }))).toMatchObject({ code: 'http.TIMEOUT' });
  });

  test('before the attempt is stopped: it ends at once and the server sees the line cut', async () => {
    const attempt = attemptUnderTest();
    const cut = new Promise((resolve) => {
      behave = (response) => {
        response.on('close', resolve);
        attempt.stop();
      };
    });
    expect(await failureOf(call({ url: here }, attempt))).toMatchObject({ code: 'CANCELLED' });
    await cut;
    expect(await failureOf(call({ url: here }, attempt))).toMatchObject({ code: 'CANCELLED' });
    expect(seen.length).toBe(1);
  });
});
