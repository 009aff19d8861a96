import { createHash } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import { stateDir, statePath } from '../lib/paths.mjs';

/** The system's limit for the name of a socket (macOS: 104 bytes). */
const LONGEST = 100;

/** Where the keeper of this folder listens. Only its user may connect: the file's mode sees to it. */
export function socketPath() {
  const near = statePath('keeper.sock');
  if (near.length <= LONGEST) return near;
  const name = createHash('sha256').update(stateDir).digest('hex').slice(0, 16);
  return path.join(os.tmpdir(), `reprise-${name}.sock`);
}

/** One JSON message a line. */
export const send = (socket, message) => {
  if (!socket.destroyed) socket.write(`${JSON.stringify(message)}\n`);
};

/** Calls `receive` for each message of the other side; a broken connection shows as its 'close'. */
export function eachMessage(socket, receive) {
  let rest = '';
  socket.on('error', () => {});
  socket.setEncoding('utf8').on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    for (const line of lines) receive(JSON.parse(line));
  });
}
