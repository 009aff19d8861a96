import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type HttpSafetyOptions, httpSafety } from './http-safety.js';

interface Answer {
  readonly status: number;
  readonly code: string | undefined;
  readonly headers: Record<string, unknown>;
}

let server: Server | undefined;
afterEach(() => new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve()))));

async function serve(
  options: Partial<HttpSafetyOptions> = {},
): Promise<(method: string, path: string, headers?: Record<string, string>) => Promise<Answer>> {
  const safety = httpSafety({ loopback: true, publicHosts: [], token: null, tokens: null, ...options });
  const own = createServer((incoming, response) => safety(incoming, response, () => response.end('"reached"')));
  server = own;
  await new Promise<void>((resolve) => own.listen(0, '127.0.0.1', resolve));
  const { port } = own.address() as AddressInfo;
  // Not fetch: it does not let Host and Origin be forged.
  return (method, path, headers = {}) =>
    new Promise((resolve, reject) => {
      const sent = request(
        { port, host: '127.0.0.1', method, path, headers: { host: `localhost:${port}`, ...headers }, agent: false },
        (response) => {
          let text = '';
          response.on('data', (chunk) => {
            text += chunk;
          });
          response.on('end', () => {
            const code = text.startsWith('{') ? (JSON.parse(text) as { code: string }).code : undefined;
            resolve({ status: response.statusCode ?? 0, code, headers: response.headers });
          });
        },
      );
      sent.on('error', reject).end();
    });
}

describe('a server on loopback', () => {
  test.each([
    'localhost',
    'LOCALHOST:3000',
    '127.0.0.1:1',
    '[::1]:3000',
    'reprise.example',
    'reprise.example:8443',
    'other.example:9',
  ])('answers to Host %s', async (host) => {
    const ask = await serve({ publicHosts: ['reprise.example', 'other.example:9'] });
    expect((await ask('GET', '/v1/runs', { host })).status).toBe(200);
  });

  test.each([
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example:3000',
    'evil.example:3000',
    '10.0.0.1',
    'other.example:10',
    'localhost@evil.example',
  ])('refuses the rebound Host "%s"', async (host) => {
    const ask = await serve({ publicHosts: ['other.example:9'] });
    expect(await ask('GET', '/v1/runs', { host })).toMatchObject({ status: 403, code: 'host_not_allowed' });
  });

  test.each(['https://evil.example', 'null', 'http://localhost.evil.example', 'file://', 'garbage'])(
    'refuses the Origin %s, for reading too',
    async (origin) => {
      const ask = await serve();
      expect(await ask('POST', '/v1/events', { origin })).toMatchObject({ status: 403, code: 'origin_not_allowed' });
      expect((await ask('GET', '/v1/runs', { origin })).status).toBe(403);
    },
  );

  test('takes its own and loopback origins, and requests without one', async () => {
    const ask = await serve();
    for (const origin of ['http://localhost:5173', 'http://127.0.0.1:3000', 'http://[::1]:3000'])
      expect((await ask('POST', '/', { origin })).status).toBe(200);
    expect((await ask('POST', '/')).status).toBe(200);
    expect(await ask('POST', '/', { 'sec-fetch-site': 'cross-site' })).toMatchObject({ status: 403, code: 'origin_not_allowed' });
    expect((await ask('GET', '/', { 'sec-fetch-site': 'cross-site' })).status).toBe(200);
  });

  test.each([
    'text/plain',
    'text/plain; charset=utf-8',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'TEXT/PLAIN',
  ])('refuses what a form can send: %s', async (type) => {
    const ask = await serve();
    expect(await ask('POST', '/v1/events', { 'content-type': type })).toMatchObject({
      status: 415,
      code: 'unsupported_media_type',
    });
  });

  test('refuses encoded bodies before anything is inflated, and strange methods', async () => {
    const ask = await serve();
    for (const encoding of ['gzip', 'br', 'identity, gzip'])
      expect(await ask('POST', '/', { 'content-encoding': encoding })).toMatchObject({
        status: 415,
        code: 'unsupported_content_encoding',
      });
    expect(await ask('TRACE', '/')).toMatchObject({ status: 405, code: 'method_not_allowed' });
    expect((await ask('GET', '/', { 'x-http-method-override': 'DELETE' })).status).toBe(200);
  });

  test('every answer tells the browser to trust nothing', async () => {
    const { headers } = await (await serve())('GET', '/');
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'cache-control': 'no-store',
    });
    expect(headers['content-security-policy']).toContain("default-src 'self'");
  });
});

describe('a server with a token', () => {
  const token = 'correct-horse-battery';

  test('wants it for everything but the probes', async () => {
    const ask = await serve({ token, loopback: false });
    for (const path of ['/v1/runs', '/metrics', '/', '/healthz/../v1/runs', '/healthzz']) {
      expect(await ask('GET', path)).toMatchObject({
        status: 401,
        code: 'unauthorized',
        headers: { 'www-authenticate': expect.stringContaining('Bearer') },
      });
    }
    for (const path of ['/healthz', '/readyz', '/readyz?verbose']) expect((await ask('GET', path)).status).toBe(200);
    for (const authorization of [`Bearer ${token}`, `bearer  ${token}`])
      expect((await ask('GET', '/metrics', { authorization })).status).toBe(200);
  });

  test('lets a browser load pages without it, from its own names only, and nothing else', async () => {
    const ask = await serve({ token, loopback: false, publicHosts: ['reprise.example'], pages: ['/', '/console.js'] });
    const host = 'reprise.example';
    for (const path of ['/', '/console.js', '/?a=b']) expect((await ask('GET', path, { host })).status).toBe(200);
    expect((await ask('GET', '/', { host: 'evil.example' })).code).toBe('host_not_allowed');
    for (const path of ['/v1/runs', '/console.js/', '//', '/console.js%2f..%2fv1']) {
      expect([path, (await ask('GET', path, { host })).status]).toEqual([path, 401]);
    }
    expect((await ask('POST', '/', { host })).status).toBe(401);
  });

  test.each(['Bearer wrong', 'Bearer ', 'Basic Y29ycmVjdA==', `Bearer ${token}x`, `Bearer ${token.slice(1)}`, token])(
    'refuses "%s"',
    async (authorization) => {
      const ask = await serve({ token });
      expect((await ask('GET', '/v1/runs', { authorization })).status).toBe(401);
    },
  );

  test('off loopback metrics are scraped by address, with the token, also where hosts are named', async () => {
    const ask = await serve({ token, loopback: false, publicHosts: ['reprise.example'] });
    const host = '10.0.3.17:3003';
    expect((await ask('GET', '/metrics', { host, authorization: `Bearer ${token}` })).status).toBe(200);
    expect((await ask('GET', '/metrics', { host })).status).toBe(401);
    expect((await ask('GET', '/v1/runs', { host, authorization: `Bearer ${token}` })).code).toBe('host_not_allowed');
  });

  test('off loopback answers to any Host unless hosts are named; probes by address always get through', async () => {
    const authorization = `Bearer ${token}`;
    const any = await serve({ token, loopback: false });
    expect((await any('GET', '/v1/runs', { host: '10.1.2.3:3000', authorization })).status).toBe(200);
    server?.close();
    const named = await serve({ token, loopback: false, publicHosts: ['reprise.example'] });
    expect((await named('GET', '/v1/runs', { host: 'evil.example', authorization })).status).toBe(403);
    expect((await named('GET', '/readyz', { host: '10.1.2.3:3000' })).status).toBe(200);
  });
});
