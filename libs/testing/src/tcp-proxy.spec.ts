import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually, TcpProxy } from './index.js';

let server: Server;
let proxy: TcpProxy;
let heard: string;

beforeEach(async () => {
  heard = '';
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      heard += chunk;
      socket.write(`<${chunk}>`);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await TcpProxy.to(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
afterEach(async () => {
  await proxy.end();
  server.close();
});

class Caller {
  answers = '';
  constructor(readonly socket: Socket) {
    socket.on('data', (chunk) => {
      this.answers += chunk;
    });
    socket.on('error', () => undefined);
  }
  hears = (text: string) => eventually(() => this.answers === text, { what: `the answer ${text}` });
}

async function call(): Promise<Caller> {
  const caller = new Caller(connect(Number(new URL(proxy.url).port), '127.0.0.1'));
  await once(caller.socket, 'connect');
  return caller;
}

test('what was held up in a stall arrives once the weather is fair again', async () => {
  const caller = await call();
  proxy.stall();
  caller.socket.write('a');
  const second = await call();
  second.socket.write('b');
  await expect(eventually(() => heard !== '', { what: 'anything', timeoutMs: 100 })).rejects.toThrow('not within');
  expect(heard).toBe('');
  proxy.pass();
  await Promise.all([caller.hears('<a>'), second.hears('<b>')]);
});

test('half-open: what is said arrives, the answer does not, and the other side’s end is not heard of', async () => {
  const caller = await call();
  proxy.halfOpen();
  caller.socket.write('a');
  await eventually(() => heard === 'a', { what: 'the server to hear' });
  caller.socket.destroy();
  await once(caller.socket, 'close');
  const peers = await new Promise<number>((resolve, reject) =>
    server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );
  expect([caller.answers, peers]).toEqual(['', 1]);
});

test('drop resets what is open and what comes, until pass', async () => {
  const caller = await call();
  caller.socket.write('a');
  await caller.hears('<a>');
  const closed = new Promise((resolve) => caller.socket.on('close', resolve));
  proxy.drop();
  await closed;
  const refused = connect(Number(new URL(proxy.url).port), '127.0.0.1');
  const [error] = await once(refused, 'error');
  expect(error).toMatchObject({ code: 'ECONNRESET' });
  proxy.pass();
  const again = await call();
  again.socket.write('b');
  await again.hears('<b>');
});

test('leadTo resets what is open, and what comes reaches the other server', async () => {
  const caller = await call();
  caller.socket.write('a');
  await caller.hears('<a>');
  const other = createServer((socket) => socket.on('error', () => undefined).end('other')).listen(0, '127.0.0.1');
  await once(other, 'listening');
  const closed = new Promise((resolve) => caller.socket.on('close', resolve));
  proxy.leadTo(`http://127.0.0.1:${(other.address() as AddressInfo).port}`);
  await closed;
  const again = await call();
  await again.hears('other');
  other.close();
});

test('a delay keeps the order', async () => {
  const caller = await call();
  proxy.delay(30);
  const began = performance.now();
  for (const letter of 'abc') {
    caller.socket.write(letter);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await eventually(() => heard === 'abc', { what: 'all three' });
  expect(performance.now() - began).toBeGreaterThanOrEqual(29);
});

const ROUNDS = 20;
const openSockets = () => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;

test('a connection that is cut while it ends is closed as well: one that stayed open would keep the process from ending', async () => {
  const before = openSockets();
  // Cuts in the very turn of the event loop in which the proxy hears of the end.
  const cutter = createServer((socket) => socket.on('data', () => proxy.cut()).on('error', () => undefined)).listen(
    0,
    '127.0.0.1',
  );
  await once(cutter, 'listening');
  const trigger = connect((cutter.address() as AddressInfo).port, '127.0.0.1');
  await once(trigger, 'connect');
  for (let round = 0; round < ROUNDS; round += 1) {
    const socket = connect(Number(new URL(proxy.url).port), '127.0.0.1').on('error', () => undefined);
    socket.write('x');
    await once(socket, 'data');
    socket.end();
    await new Promise(setImmediate);
    trigger.write('cut');
    await once(socket, 'close');
  }
  trigger.destroy();
  cutter.close();
  // Every one of them would stay open; those of others in this process come and go.
  await eventually(() => expect(openSockets()).toBeLessThan(before + ROUNDS / 2), { what: 'they are closed' });
});
