import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Json } from '@reprise/core';
import { eventually } from '@reprise/testing';
import { transformSync } from '@swc/core';
import { attemptUnderTest, failureOf, LIMITS } from '../../test/attempt-under-test.js';
import { hasLivingMembers } from './living-members.js';
import { runProgram } from './run-program.js';
import { shellHandler } from './shell.js';

const handler = shellHandler(LIMITS);
const call = (input: Json, attempt = attemptUnderTest()) => handler.run(input, attempt);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'reprise-shell-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A process that is there and not just a zombie nobody has collected. */
function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
const pidsIn = (file: string) => readFileSync(join(folder, file), 'utf8').trim().split(/\s+/).map(Number);

describe('a command', () => {
  test('gets its values as arguments and environment, and answers with what it printed', async () => {
    const input = {
      run: 'cat; echo "$1|$2|$COLOUR|$REPRISE_KEY|$REPRISE_FENCE" >&2',
      args: ['a b; rm -rf /', 3],
      env: { COLOUR: '$(blue)' },
      stdin: 'grüße\n',
    };
    expect(await call(input)).toEqual({ exitCode: 0, stdout: 'grüße\n', stderr: 'a b; rm -rf /|3|$(blue)|key-1|7\n' });
  });

  test('sees nothing of the executor’s environment but what every program needs', async () => {
    process.env['REPRISE_SECRET_CANARY'] = 'canary';
    const { stdout } = (await call({ run: 'env' })) as { stdout: string };
    delete process.env['REPRISE_SECRET_CANARY'];
    const names = stdout
      .trim()
      .split('\n')
      .map((line) => line.split('=')[0]);
    expect(names).toContain('PATH');
    const allowed = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'REPRISE_KEY', 'REPRISE_FENCE', 'PWD', 'SHLVL', 'OLDPWD', '_'];
    expect(names.filter((name) => !allowed.includes(name ?? ''))).toEqual([]);
  });

  test('runs where it is told', async () => {
    expect(await call({ run: 'pwd', cwd: folder })).toMatchObject({ stdout: `${folder}\n` });
  });

  test('is heard to its last byte', async () => {
    const roomy = shellHandler({ ...LIMITS, maxOutputBytes: 1_000_000 });
    const runs = Array.from({ length: 20 }, () =>
      roomy.run({ run: 'i=0; while [ $i -lt 3000 ]; do echo 0123456789; i=$((i+1)); done; echo last' }, attemptUnderTest()),
    );
    for (const output of await Promise.all(runs)) expect((output as { stdout: string }).stdout.endsWith('last\n')).toBe(true);
  });

  test('that does not read its input is none the worse', async () => {
    expect(await call({ run: 'exit 0', stdin: 'x'.repeat(1_000_000) })).toMatchObject({ exitCode: 0 });
  });

  test('that fails gives its exit code and the end of its complaint', async () => {
    const error = await failureOf(call({ run: 'echo out; echo reading... >&2; echo no such customer >&2; exit 3' }));
    expect(error).toMatchObject({ code: 'exit.3', retryable: null, details: { exitCode: 3, signal: null, stdout: 'out\n' } });
    expect(error.message).toBe('the command exited with 3: reading...\nno such customer');
  });

  test('that is killed has the exit code a shell gives it', async () => {
    expect(await failureOf(call({ run: 'kill -KILL $$' }))).toMatchObject({ code: 'exit.137', details: { signal: 'SIGKILL' } });
    expect(await failureOf(call({ run: 'sh -c "kill -TERM \\$\\$"' }))).toMatchObject({ code: 'exit.143' });
  });

  test('that prints without end keeps its beginning and its end', async () => {
    const small = shellHandler({ ...LIMITS, maxOutputBytes: 400 });
    const output = await small.run({ run: 'i=0; while [ $i -lt 2000 ]; do echo "ü$i"; i=$((i+1)); done' }, attemptUnderTest());
    const { stdout } = output as { stdout: string };
    expect(stdout).toMatch(/^ü0\nü1\n[^�]*\n… \[\d+ bytes left out\] …\n[^�]*ü1999\n$/);
    const [head = '', tail = ''] = stdout.split(/\n… \[\d+ bytes left out\] …\n/);
    const left = Number(/\[(\d+) bytes/.exec(stdout)?.[1]);
    const all = Array.from({ length: 2_000 }, (_, i) => `ü${i}\n`).join('');
    expect(Buffer.byteLength(head) + Buffer.byteLength(tail) + left).toBe(Buffer.byteLength(all));
    expect(Buffer.byteLength(head) + Buffer.byteLength(tail)).toBeLessThanOrEqual(100);
  });

  test.each<[string, Json, RegExp]>([
    ['without a command line', {}, /`run` is missing/],
    ['with an unknown field', { run: 'true', arguments: [] }, /`arguments` is not a field of its input/],
    ['with a map as an argument', { run: 'true', args: [{}] }, /`args\[0\]` must be a text, a number or a boolean, not a map/],
    ['with a NUL', { run: 'echo a\0b' }, /`run` has a NUL/],
    ['with a name no shell takes', { run: 'true', env: { 'A B': '1' } }, /`env.A B` is not a name/],
    ['in a directory that is not there', { run: 'true', cwd: '/no/such' }, /`cwd` does not exist on this executor: \/no\/such/],
    ['in a file', { run: 'true', cwd: '/etc/passwd' }, /`cwd` is not a directory/],
  ])('%s is refused for good', async (_, input, message) => {
    expect(await failureOf(call(input))).toMatchObject({
      code: 'INVALID_INPUT',
      retryable: false,
      message: expect.stringMatching(message),
    });
  });

  test('longer than the system takes is refused for good', async () => {
    expect(await failureOf(call({ run: `: ${'x'.repeat(300_000)}` }))).toMatchObject({
      code: 'shell.START',
      retryable: false,
      details: { cause: 'E2BIG' },
    });
  });
});

describe('nobody is left behind', () => {
  const family = (file: string) =>
    `sleep 300 & echo $! > ${file}.part; (sleep 301; true) & echo $! >> ${file}.part; echo $$ >> ${file}.part; mv ${file}.part ${file};`;

  test('when the attempt is stopped', async () => {
    const attempt = attemptUnderTest();
    const running = failureOf(call({ run: `${family('stopped')} wait`, cwd: folder }, attempt));
    const pids = await eventually(() => pidsIn('stopped'), { what: 'the family is there' });
    expect(pids.map(isAlive)).toEqual([true, true, true]);
    attempt.stop();
    expect(await running).toMatchObject({ code: 'CANCELLED' });
    expect(pids.map(isAlive)).toEqual([false, false, false]);
  });

  test('when the command is done but its children are not', async () => {
    expect(await call({ run: `${family('done')} echo finished`, cwd: folder })).toMatchObject({ stdout: 'finished\n' });
    expect(pidsIn('done').map(isAlive)).toEqual([false, false, false]);
  });

  test('who does not listen to SIGTERM, after the grace', async () => {
    const attempt = attemptUnderTest();
    const run = `trap '' TERM; ${family('deaf')} while :; do sleep 1; done`;
    const running = runProgram({
      command: '/bin/sh',
      args: ['-c', run],
      env: { PATH: '/bin:/usr/bin' },
      cwd: folder,
      stdin: '',
      captureBytes: 100,
      onLine: () => undefined,
      signal: attempt.signal,
      graceMs: 200,
    });
    const pids = await eventually(() => pidsIn('deaf'), { what: 'the family is there' });
    attempt.stop();
    expect(await running).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
    expect(pids.map(isAlive)).toEqual([false, false, false]);
  });

  test('and who asks for time gets it', async () => {
    const attempt = attemptUnderTest();
    const running = failureOf(
      call(
        { run: `trap 'sleep 0.2; echo saved > saved; exit 0' TERM; touch ready; while :; do sleep 0.05; done`, cwd: folder },
        attempt,
      ),
    );
    await eventually(() => readdirSync(folder).includes('ready'), { what: 'it is ready' });
    attempt.stop();
    await running;
    expect(readFileSync(join(folder, 'saved'), 'utf8')).toBe('saved\n');
  });

  test('although one outside the group holds on to the output', async () => {
    const running = call({
      run: 'setsid sh -c "echo \\$\\$ > outside; exec sleep 300" & while [ ! -s outside ]; do sleep 0.05; done; echo done',
      cwd: folder,
    });
    expect(await running).toMatchObject({ stdout: 'done\n' });
    const [pid = 0] = pidsIn('outside');
    expect(isAlive(pid)).toBe(true);
    process.kill(pid, 'SIGKILL');
  });

  test('and who is dead but not collected is not waited for', async () => {
    // The sleep takes the shell's place and does not know of the child it has; the child lives until it has: a shell may collect it.
    const child = 'until grep -q sleep /proc/$PPID/comm; do sleep 0.02; done; echo $$ > zombie';
    const parent = spawn('/bin/sh', ['-c', 'setsid sh -c "$CHILD" & exec sleep 300'], {
      env: { ...process.env, CHILD: child },
      cwd: folder,
      stdio: 'ignore',
    });
    const [zombie = 0] = await eventually(() => pidsIn('zombie').some((pid) => pid > 0 && !isAlive(pid)) && pidsIn('zombie'), {
      what: 'a zombie',
    });
    expect([process.kill(-zombie, 0), hasLivingMembers(zombie)]).toEqual([true, false]);
    expect(hasLivingMembers(Number(readFileSync(`/proc/${parent.pid}/stat`, 'utf8').split(' ')[4]))).toBe(true);
    parent.kill('SIGKILL');
  });

  test('when the executor itself is killed', async () => {
    const executor = spawn(process.execPath, [await transpiledExecutor()], {
      stdio: ['ignore', 'ignore', 'inherit'],
      cwd: folder,
    });
    const [pids, forgotten] = await eventually(
      () => {
        const families = [pidsIn('orphaned'), pidsIn('over')] as const;
        return families.flat().every((pid) => pid > 0) && families;
      },
      { what: 'both families are there' },
    );
    expect(pids.map(isAlive)).toEqual([true, true, true]);
    const ended = once(executor, 'exit');
    executor.kill('SIGKILL');
    await ended;
    await eventually(() => [...pids, ...forgotten].every((pid) => !isAlive(pid)), { what: 'all are gone' });
  });
});

test('what a command prints is in the log of its attempt, line by line', async () => {
  const attempt = attemptUnderTest();
  await handler.run({ run: 'echo one; printf two >&2; printf "three\nfour"; exit 0' }, attempt);
  expect([...attempt.written].sort()).toEqual(['stderr two', 'stdout four', 'stdout one', 'stdout three']);
  const failing = attemptUnderTest();
  await failureOf(Promise.resolve(handler.run({ run: 'echo before; exit 3' }, failing)));
  expect(failing.written).toEqual(['stdout before']);
});

/** A child process cannot use jest's transform, and a build may be stale. */
async function transpiledExecutor(): Promise<string> {
  const sources = fileURLToPath(new URL('.', import.meta.url));
  const out = join(folder, 'executor');
  mkdirSync(out);
  for (const name of ['run-program', 'guardian', 'printed-lines', 'process-group', 'living-members', 'captured-output']) {
    const parser = { syntax: 'typescript' } as const;
    const { code } = transformSync(readFileSync(join(sources, `${name}.ts`), 'utf8'), {
      swcrc: false,
      module: { type: 'es6' },
      jsc: { target: 'es2022', parser },
    });
    writeFileSync(join(out, `${name}.js`), code);
  }
  writeFileSync(join(out, 'package.json'), '{"type":"module"}');
  writeFileSync(
    join(out, 'main.js'),
    `import { runProgram } from './run-program.js';
const { signal } = new AbortController();
const shell = (run) => runProgram({ command: '/bin/sh', args: ['-c', run], env: { PATH: process.env.PATH }, cwd: null, stdin: '', captureBytes: 100, onLine: () => undefined, signal });
void shell(\`sleep 300 & echo $! > orphaned.part; (sleep 301; true) & echo $! >> orphaned.part; echo $$ >> orphaned.part; mv orphaned.part orphaned; wait\`);
await shell('echo $$ > over');
`,
  );
  return join(out, 'main.js');
}
