import { once } from 'node:events';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { attemptUnderTest, failureOf } from '../../test/attempt-under-test.js';
import { call, HttpServers } from '../../test/http-servers.js';

const servers = new HttpServers();
const { answering } = servers;
let here: string;
beforeAll(async () => {
  here = await servers.serve();
});
afterEach(servers.forget);
afterAll(servers.end);

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
    servers.behave = (response) => response.writeHead(307, { location: `http://127.0.0.1:${port}/` }).end();
    const { code, details } = await failureOf(call({ method: 'POST', url: here }));
    expect([code, details]).toEqual(['http.NETWORK', { cause: 'ECONNREFUSED' }]);
  });

  test('because the server hangs up: something may have', async () => {
    servers.behave = (response) => response.destroy();
    const { code, details } = await failureOf(call({ method: 'POST', url: here }));
    expect([code, details]).toEqual(['http.NETWORK', { cause: 'ECONNRESET' }]);
  });

  test('that ends in the middle, also in the middle of its compression', async () => {
    servers.behave = (response) => {
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
    servers.behave = () => undefined;
    expect(await failureOf(call({ url: here, timeout: '50ms' }))).toMatchObject({
      code: 'http.TIMEOUT',
      message: expect.stringMatching(/within 50 ms/),
    });
    servers.behave = (response) => response.writeHead(200).write('half');
    expect(await failureOf(call({ url: here, timeout: '50ms' }))).toMatchObject({ code: 'http.TIMEOUT' });
  });

  test('before the attempt is stopped: it ends at once and the server sees the line cut', async () => {
    const attempt = attemptUnderTest();
    const cut = new Promise((resolve) => {
      servers.behave = (response) => {
        response.on('close', resolve);
        attempt.stop();
      };
    });
    expect(await failureOf(call({ url: here }, attempt))).toMatchObject({ code: 'CANCELLED' });
    await cut;
    expect(await failureOf(call({ url: here }, attempt))).toMatchObject({ code: 'CANCELLED' });
    expect(servers.seen.length).toBe(1);
  });
});
