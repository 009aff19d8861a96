import { rmSync } from 'node:fs';
import net from 'node:net';
import { exclusively } from '../lib/lock.mjs';
import { endLeftovers } from './leftovers.mjs';
import { Servers } from './servers.mjs';
import { eachMessage, send, socketPath } from './socket.mjs';

/*
 * Runs the servers of one folder for as long as any `npm start`, `npm test` … of that folder is connected. The connection is the
 * claim: it also ends when its owner is killed, so nobody's death leaves a server behind.
 */

/** A keeper whom nobody has joined by then is not needed: its launcher died, or found another one. */
const LONELY_MS = 10_000;

const log = (text) => console.log(`${new Date().toISOString()} ${text}`);

function answered() {
  return new Promise((resolve) => {
    const socket = net.connect(socketPath());
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** Resolves when the last client has gone, or nobody came, or we are asked to end. */
function untilUnused(servers, clients) {
  return new Promise((resolve) => {
    const lonely = setTimeout(resolve, LONELY_MS);
    const door = net.createServer((socket) => {
      // Only a wish makes a client: whoever merely looks whether we are there must not end us by hanging up.
      const want = (name) => {
        clearTimeout(lonely);
        clients.add(socket);
        void servers.want(name, (answer) => send(socket, answer));
      };
      const leave = async () => {
        clients.delete(socket);
        if (clients.size > 0) return send(socket, { kind: 'left', others: clients.size });
        // Closed to newcomers first: who comes from now on starts the next keeper, which waits for our end.
        door.close();
        await servers.stop();
        send(socket, { kind: 'left', others: 0 });
        resolve();
      };
      socket.on('close', () => {
        if (clients.delete(socket) && clients.size === 0) {
          door.close();
          resolve();
        }
      });
      eachMessage(socket, (message) => (message.kind === 'want' ? want(message.name) : void leave()));
      send(socket, { kind: 'hello' });
    });
    rmSync(socketPath(), { force: true });
    door.listen(socketPath());
    process.on('SIGTERM', resolve);
  });
}

async function serve() {
  const clients = new Set();
  const servers = new Servers((message) => {
    log(`${message.name}: ${message.text}`);
    for (const client of clients) send(client, message);
  });
  await untilUnused(servers, clients);
  rmSync(socketPath(), { force: true });
  await servers.stop();
}

process.on('SIGHUP', () => {});
process.on('SIGINT', () => {});
await exclusively(
  'keeper',
  async () => {
    await endLeftovers(log);
    await serve();
  },
  { giveUp: answered },
);
log('stopped');
process.exit(0);
