import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { statePath } from '../lib/paths.mjs';
import { end, identify } from '../lib/processes.mjs';
import { record } from './leftovers.mjs';

/**
 * Starts a server as our child in a group of its own, its output in `.reprise/<log>`, written down until it has ended.
 * Returns `{ pid, exited, hasExited(), stop() }`.
 */
export function startChild(name, command, args, { log, ending = {}, ...options }) {
  const out = openSync(statePath(log), 'a');
  const child = spawn(command, args, { detached: true, stdio: ['ignore', out, out], ...options });
  let failure = null;
  const exited = new Promise((resolve) => {
    child.once('error', (error) => {
      failure = error.message;
      resolve();
    });
    child.once('exit', (code, signal) => {
      failure = signal ?? `code ${code}`;
      resolve();
    });
  });
  if (child.pid === undefined) return { pid: undefined, exited, hasExited: () => 'could not be started', stop: async () => {} };
  const identity = identify(child.pid);
  const forget = record(name, child.pid, ending);
  void exited.then(forget);
  return { pid: child.pid, exited, hasExited: () => failure, stop: () => end(identity, ending) };
}
