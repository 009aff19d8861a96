import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Json } from '@reprise/core';
import { failureOf } from '../../test/attempt-under-test.js';
import { call, HttpServers } from '../../test/http-servers.js';

const servers = new HttpServers();
const { answering } = servers;
let here: string;
beforeAll(async () => {
  here = await servers.serve();
});
afterEach(servers.forget);
afterAll(servers.end);

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
    expect(servers.seen).toMatchObject([
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
    expect(servers.seen[1]).toMatchObject({ method: 'GET', headers: { 'x-reprise-fence': '7' } });
    expect(servers.seen[1]?.headers).not.toHaveProperty('idempotency-key');
  });

  test('keeps a key of the author’s own, sends text as text, and credentials of the URL as a header', async () => {
    answering(200, {});
    const url = here.replace('http://', 'http://me:p%40ss@');
    await call({ method: 'PUT', url, headers: { 'idempotency-key': 'mine' }, body: 'plain' });
    expect(servers.seen[0]).toMatchObject({
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
    expect(servers.seen).toEqual([]);
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
    servers.behave = (response) => {
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
    servers.behave = (response) => {
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
