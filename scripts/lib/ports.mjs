import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { statePath } from './paths.mjs';

/** Whether a TCP port can be listened on now. */
export function isFree(port, host = '127.0.0.1') {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** The first free port at or above `from`, `except` left out. */
export async function nextFree(from, { host, except = new Set() } = {}) {
  for (let port = from; port < 65_536; port += 1) {
    if (!except.has(port) && (await isFree(port, host))) return port;
  }
  throw new Error(`no free port above ${from}`);
}

/** The first of `count` neighbouring free ports. */
export async function freeRange(from, count, host) {
  for (let first = from; first < 65_536 - count; first += count) {
    const free = await Promise.all(Array.from({ length: count }, (_, index) => isFree(first + index, host)));
    if (free.every(Boolean)) return first;
  }
  throw new Error(`no ${count} free ports above ${from}`);
}

/**
 * Ports for our own servers, the same ones at every start of this folder as long as nobody else took them (a URL someone noted
 * stays good). Below the range from which systems lend ports to outgoing connections.
 */
export async function rememberedPorts(preferred) {
  const file = statePath('ports.json');
  const known = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const taken = new Set();
  const ports = {};
  for (const [name, from] of Object.entries(preferred)) {
    const port =
      known[name] && !taken.has(known[name]) && (await isFree(known[name]))
        ? known[name]
        : await nextFree(from, { except: taken });
    taken.add(port);
    ports[name] = port;
  }
  writeFileSync(file, `${JSON.stringify({ ...known, ...ports }, null, 2)}\n`);
  return ports;
}
