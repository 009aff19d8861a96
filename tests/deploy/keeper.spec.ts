import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '@reprise/testing';

/* The keeper runs our own servers for the commands of one folder: tried with its Postgres, the one that starts in two seconds. */

interface Recorded {
  name: string;
  pid: number;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
/** A command that holds Postgres until its stdin ends. */
const HOLD = `
  import { keep } from '${root}scripts/keeper/client.mjs';
  const { ready, release } = await keep(['postgres'], { onLost: () => process.exit(9) });
  process.stdout.write('ready ' + ready.postgres.url + '\\n');
  process.stdin.resume().on('end', async () => { await release(); process.exit(0); });
`;

let state: string;
let commands: ChildProcess[];

beforeEach(() => {
  commands = [];
  state = mkdtempSync(path.join(os.tmpdir(), 'reprise-keeper-'));
  // As root the server runs as somebody else, who must be able to pass.
  chmodSync(state, 0o755);
});

afterEach(async () => {
  for (const command of commands) command.kill('SIGKILL');
  await gone(recorded());
  rmSync(state, { recursive: true, force: true });
});

const recorded = (): Recorded[] => {
  const file = path.join(state, 'processes.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Recorded[]) : [];
};
/** Not as a zombie: whose parent was killed may stay one for as long as nobody collects it. */
function lives({ pid }: Recorded): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
const keeper = (): Recorded => JSON.parse(readFileSync(path.join(state, 'keeper.lock'), 'utf8')) as Recorded;

const gone = (processes: readonly Recorded[]): Promise<void> =>
  eventually(() => expect(processes.filter(lives)).toEqual([]), { what: 'the servers and their keeper to be gone' });

async function hold(): Promise<{ command: ChildProcess; url: string; ended: Promise<number | null> }> {
  const command = spawn(process.execPath, ['--input-type=module', '-e', HOLD], {
    cwd: root,
    env: { ...process.env, REPRISE_STATE_DIR: state, REPRISE_DOCKER: 'off' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  commands.push(command);
  const ended = new Promise<number | null>((resolve) => command.once('exit', resolve));
  const url = await new Promise<string>((resolve, reject) => {
    command.stdout?.on('data', (chunk: Buffer) => resolve(String(chunk).split(' ')[1]?.trim() ?? ''));
    void ended.then((code) => reject(new Error(`ended with ${code}`)));
  });
  return { command, url, ended };
}

const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux('two commands share the server, and the last one to leave has it stopped', async () => {
  const [first, second] = await Promise.all([hold(), hold()]);
  expect(first.url).toBe(second.url);
  const running = [...recorded(), keeper()];
  expect(running.filter(lives)).toHaveLength(2);

  first.command.stdin?.end();
  expect(await first.ended).toBe(0);
  expect(running.filter(lives)).toHaveLength(2);

  second.command.stdin?.end();
  expect(await second.ended).toBe(0);
  await gone(running);
});

onLinux('a command that is killed leaves no server behind', async () => {
  const { command } = await hold();
  const running = [...recorded(), keeper()];
  command.kill('SIGKILL');
  await gone(running);
});

onLinux('what a killed keeper left is ended by the next one, which finds the data as it was', async () => {
  const first = await hold();
  const left = recorded();
  process.kill(keeper().pid, 'SIGKILL');
  expect(await first.ended).toBe(9);
  expect(left.filter(lives)).toHaveLength(1);

  const second = await hold();
  await gone(left);
  expect(second.url).toBe(first.url);
  second.command.stdin?.end();
  expect(await second.ended).toBe(0);
});

onLinux('a server that dies comes back on the same port', async () => {
  const { command, ended } = await hold();
  const [died] = recorded();
  process.kill(died?.pid ?? 0, 'SIGKILL');
  await eventually(() => recorded().some(({ pid }) => pid !== died?.pid), { what: 'another server in its place' });
  command.stdin?.end();
  expect(await ended).toBe(0);
});
