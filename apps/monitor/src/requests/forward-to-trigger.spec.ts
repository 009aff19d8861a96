import { once } from 'node:events';
import { request as ask, createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createMute } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from '@jest/globals';
import { ProblemError, silentLogger } from '@reprise/service';
import { ForwardToTrigger } from './forward-to-trigger.js';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function listening(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A front door for a trigger that answers so; what it makes of a problem is the text. */
async function frontOf(trigger: string, signal = new AbortController().signal, connectMs = 10_000): Promise<string> {
  const forward = new ForwardToTrigger({ triggerUrl: () => trigger, signal, logger: silentLogger, connectMs });
  return listening((request, response) => {
    forward.forward(request, response).catch((error: unknown) => {
      response.writeHead(error instanceof ProblemError ? error.status : 500);
      response.end(error instanceof ProblemError ? error.code : String(error));
    });
  });
}

async function get(url: string, method = 'GET') {
  const outgoing = ask(url, { method, agent: false }).end();
  const [answer] = await once(outgoing, 'response');
  return { status: answer.statusCode, headers: answer.headers, body: await text(answer) };
}

/** What `fetch`, which is of no test's realm, asks with; undefined: it keeps that elsewhere. */
const DISPATCHER = Symbol.for('undici.globalDispatcher.1');
interface Dispatcher {
  readonly constructor: new (options: object) => Dispatcher;
}

test('an answer is awaited however long it takes: ?wait may be longer than what fetch waits for', async () => {
  const url = await listening((_, response) => void setTimeout(() => response.end('at last'), 2_000));
  const outside: { [DISPATCHER]?: Dispatcher | undefined } = Reflect.get(fetch, 'constructor')('return globalThis')();
  await (await fetch(await listening((_, response) => void response.end()))).text();
  const usual = outside[DISPATCHER];
  outside[DISPATCHER] = usual && new usual.constructor({ headersTimeout: 50 });
  try {
    expect(await get(`${await frontOf(url)}/v1/schedules`)).toMatchObject({ status: 200, body: 'at last' });
  } finally {
    outside[DISPATCHER] = usual;
  }
});

test('a connection is not: whoever is silent from the beginning is 503, whoever answers late is awaited', async () => {
  const mute = createMute((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
  await once(mute, 'listening');
  const nobody = new AbortController().signal;
  try {
    const url = `https://127.0.0.1:${(mute.address() as AddressInfo).port}`;
    expect(await get(`${await frontOf(url, nobody, 100)}/v1/events`, 'POST')).toMatchObject({
      status: 503,
      body: 'trigger_unreachable',
    });
    const late = await listening((_, response) => void setTimeout(() => response.end('at last'), 500));
    expect(await get(`${await frontOf(late, nobody, 100)}/v1/schedules`)).toMatchObject({ status: 200, body: 'at last' });
  } finally {
    mute.close();
  }
});

test('a redirection is the caller’s to follow', async () => {
  const url = await listening((_, response) => void response.writeHead(307, { location: '/elsewhere' }).end('there'));
  expect(await get(`${await frontOf(url)}/v1/schedules`)).toMatchObject({
    status: 307,
    headers: { location: '/elsewhere' },
    body: 'there',
  });
});

test('whatever keeps the trigger from answering is 503: nobody there, a cut answer, no HTTP', async () => {
  const cut = await listening((_, response) => {
    response.writeHead(200, { 'content-length': 10 });
    response.write('half', () => response.destroy());
  });
  const babble = await listening((request) => void request.socket.end('what?\r\n\r\n'));
  for (const url of ['http://127.0.0.1:1', cut, babble]) {
    const answer = await get(`${await frontOf(url)}/v1/events`, 'POST');
    expect([url, answer.status, answer.body]).toEqual([url, 503, 'trigger_unreachable']);
  }
});

test('when draining begins it is awaited no longer', async () => {
  const drain = new AbortController();
  const url = await listening(() => drain.abort());
  expect(await get(`${await frontOf(url, drain.signal)}/v1/events`)).toMatchObject({ status: 503, body: 'shutting_down' });
});

test('whoever asked and has gone is not answered for', async () => {
  let leave = (): void => {};
  let left = (): void => {};
  const over = new Promise<void>((resolve) => {
    left = resolve;
  });
  const url = await listening((_, response) => {
    response.on('close', () => left());
    leave();
  });
  const caller = ask(await frontOf(url), { agent: false }).on('error', () => {});
  leave = () => void caller.destroy();
  caller.end();
  await over;
  expect(caller.destroyed).toBe(true);
});
