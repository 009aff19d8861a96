import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { until } from './until.mjs';

/**
 * When the process with this pid started, as an opaque text, or null if there is none. A pid alone is not an identity: after a
 * reboot or a wrap-around it belongs to a stranger, whom we must not end.
 */
export function startOf(pid) {
  if (existsSync('/proc/self/stat')) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // The command name may hold spaces and parentheses; the fields we want come after the last one.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' ? null : fields[19];
    } catch {
      return null;
    }
  }
  const ps = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
  return ps.status === 0 && ps.stdout.trim() ? ps.stdout.trim() : null;
}

/** `{ pid, start }` of a process, to be written down. */
export const identify = (pid) => ({ pid, start: startOf(pid) });

/** Whether the process that was written down still lives. */
export const isAlive = ({ pid, start }) => start !== null && start === startOf(pid);

/** Whether anything can be run by this name. */
export const onPath = (command) => spawnSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' }).status === 0;

/** Sends a signal to a process or, with `-pid`, to a group; one that has gone already is no error. */
export function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Runs a command to its end. Returns `{ code, output }` (stdout and stderr together); never throws for a failing command. */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => resolve({ code: 127, output: error.message }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/**
 * Asks a recorded process (`{ pid, start }`, leader of its group) to end; returns when it is gone. After `graceMs` its whole
 * group is killed: asking the group would end a server's helpers before the server.
 */
export async function end(recorded, { name = 'SIGTERM', graceMs = 30_000 } = {}) {
  if (!isAlive(recorded)) return;
  signal(recorded.pid, name);
  const gone = () => !isAlive(recorded);
  await until(`pid ${recorded.pid}`, gone, { withinMs: graceMs, everyMs: 50 }).catch(async () => {
    signal(-recorded.pid, 'SIGKILL');
    await until(`pid ${recorded.pid}`, gone, { withinMs: 5_000, everyMs: 50 });
  });
}
