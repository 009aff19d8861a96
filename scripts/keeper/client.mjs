import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import net from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { root, statePath } from '../lib/paths.mjs';
import { done, Expected, step, warn } from '../lib/print.mjs';
import { eachMessage, send, socketPath } from './socket.mjs';

/** Connects to the keeper of this folder and waits for its greeting; null if none is there (any more). */
function greet() {
  return new Promise((resolve) => {
    const socket = net.connect(socketPath());
    socket.once('error', () => resolve(null));
    socket.once('close', () => resolve(null));
    eachMessage(socket, (message) => {
      if (message.kind === 'hello') resolve(socket);
      else socket.emit('message', message);
    });
  });
}

/** A keeper runs on its own (a session of its own, no terminal): it must outlive a launcher that is killed, to clean up after it. */
function spawnKeeper() {
  const log = openSync(statePath('keeper.log'), 'a');
  const file = fileURLToPath(new URL('keeper.mjs', import.meta.url));
  const child = spawn(process.execPath, [file], { cwd: root, detached: true, stdio: ['ignore', log, log] });
  child.unref();
  return child;
}

async function connect(signal) {
  let child = null;
  for (let attempt = 0; attempt < 1_200; attempt += 1) {
    signal?.throwIfAborted();
    const socket = await greet();
    if (socket) return socket;
    // Also when the one we met was about to stop: the next one waits for its end.
    if (child === null || child.exitCode !== null) child = spawnKeeper();
    await wait(100);
  }
  throw new Expected(`The keeper of the servers does not answer; see ${statePath('keeper.log')}`);
}

/** Gives the servers back and waits until the keeper has stopped them, unless somebody else still uses them. */
function leave(socket) {
  return new Promise((resolve) => {
    socket.on('close', resolve);
    socket.on('message', (message) => {
      if (message.kind !== 'left') return;
      if (message.others > 0) step('servers', 'kept running: another command of this folder uses them');
      socket.destroy();
    });
    if (socket.destroyed) resolve();
    else send(socket, { kind: 'leave' });
  });
}

/** The keeper we met was just stopping: not a failure, the next one is asked. */
class Gone extends Error {}

/** Sends the wishes and waits for the answers: `{ name: { url, detail } }`. */
function wish(socket, wanted, signal) {
  return new Promise((resolve, reject) => {
    const ready = {};
    socket.on('close', () => reject(new Gone()));
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    socket.on('message', (message) => {
      if (message.kind === 'note') step(message.name, message.text);
      if (message.kind === 'warning') warn(message.name, message.text);
      if (message.kind === 'failed') reject(new Expected(`${message.name}: ${message.text}`));
      if (message.kind !== 'ready') return;
      ready[message.name] = message;
      done(message.name, message.detail);
      if (wanted.every((name) => ready[name])) resolve(ready);
    });
    for (const name of wanted) send(socket, { kind: 'want', name });
  });
}

/**
 * Has the keeper run the `wanted` servers (`postgres`, `rabbitmq`). Resolves when all are ready.
 * `onLost(message)` is called if the keeper is gone before we gave them back.
 */
export async function keep(wanted, { onLost, signal }, attempt = 1) {
  const socket = await connect(signal);
  try {
    const ready = await wish(socket, wanted, signal);
    let leaving = false;
    socket.on('close', () => {
      if (!leaving) onLost(`The keeper of the servers has ended; see ${statePath('keeper.log')}`);
    });
    const release = () => {
      leaving = true;
      return leave(socket);
    };
    return { ready, release };
  } catch (error) {
    if (error instanceof Gone && attempt < 5) return keep(wanted, { onLost, signal }, attempt + 1);
    await leave(socket);
    throw error instanceof Gone ? new Expected(`The keeper of the servers has ended; see ${statePath('keeper.log')}`) : error;
  }
}
