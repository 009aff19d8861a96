import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { transformSync } from '@swc/core';

const sources = fileURLToPath(new URL('..', import.meta.url));
let folder: string;

/** A child process cannot use jest's transform, and a build may be stale: the sources are transpiled here, inside the repository so that packages are found. */
beforeAll(() => {
  const cache = join(sources, '../../../node_modules/.cache');
  mkdirSync(cache, { recursive: true });
  folder = mkdtempSync(join(cache, 'reprise-service-'));
  const parser = { syntax: 'typescript', decorators: true } as const;
  const jsc = {
    target: 'es2022',
    parser,
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
  } as const;
  const files = readdirSync(sources, { recursive: true, encoding: 'utf8' });
  for (const file of files.filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))) {
    const { code } = transformSync(readFileSync(join(sources, file), 'utf8'), { swcrc: false, module: { type: 'es6' }, jsc });
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file.replace(/\.ts$/, '.js')), code);
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(
    join(folder, 'main.js'),
    `import { Module } from '@nestjs/common';
import { createServiceContext, faultPoint, runMain, runService } from './index.js';
const say = (word) => process.stdout.write('step ' + word + '\\n');
await runMain('all', async (settings) => {
  const services = [];
  for (const name of ['trigger', 'executor']) {
    const context = createServiceContext(name, settings);
    for (const stage of ['close pools', 'close channels', 'flush outcomes', 'finish work', 'stop consuming']) context.drain.onDrain(stage, 'mine', async () => {
      if (name === 'executor') await faultPoint('test.in-drain');
      say(name + ': ' + stage);
    });
    class Own {}
    Module({})(Own);
    services.push(await runService({ context, module: Own }));
  }
  say('ready');
  await faultPoint('test.after-start');
});
`,
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const children: ChildProcess[] = [];
// One that a failed test left behind would keep the test runner from ending.
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

async function startChild(env: Record<string, string> = {}): Promise<{
  child: ChildProcess;
  output: () => string;
  ended: Promise<[number | null, string | null]>;
  said: (word: string) => Promise<void>;
}> {
  const child = spawn(process.execPath, [join(folder, 'main.js')], {
    env: { PATH: process.env.PATH, REPRISE_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let output = '';
  const waiting: (() => void)[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
      for (const wake of waiting.splice(0)) wake();
    });
  }
  const ended = once(child, 'close') as Promise<[number | null, string | null]>;
  const said = async (word: string): Promise<void> => {
    while (!output.includes(`${word}\n`))
      await Promise.race([new Promise<void>((wake) => waiting.push(wake)), ended.then(() => Promise.reject(new Error(output)))]);
  };
  return { child, output: () => output, ended, said };
}

describe('a process with two services', () => {
  test('drains both in the order of shutdown on SIGTERM and exits 0', async () => {
    const { child, output, ended, said } = await startChild();
    await said('step ready');
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    const steps = output()
      .split('\n')
      .filter((line) => line.startsWith('step '));
    const stages = ['stop consuming', 'finish work', 'flush outcomes', 'close channels', 'close pools'];
    for (const name of ['trigger', 'executor'])
      expect(steps.filter((step) => step.startsWith(`step ${name}`))).toEqual(stages.map((stage) => `step ${name}: ${stage}`));
  });

  test('a second signal ends it at once', async () => {
    const { child, ended, said } = await startChild({ REPRISE_FAULTS: 'test.in-drain:stall=60000' });
    await said('step ready');
    child.kill('SIGINT');
    await said('step trigger: close pools');
    child.kill('SIGINT');
    expect(await ended).toEqual([130, null]);
  });

  test('an armed fault kills it for good, and says so loudly before', async () => {
    const { output, ended } = await startChild({ REPRISE_FAULTS: 'test.after-start:kill' });
    expect(await ended).toEqual([null, 'SIGKILL']);
    expect(output()).toContain('FAULT INJECTION IS ARMED');
  });

  test('bad settings end it with exit code 2 and plain words, no stack', async () => {
    const { output, ended } = await startChild({ REPRISE_LEASE: '15', AMQP_URL: 'x' });
    expect(await ended).toEqual([2, null]);
    expect(output()).toMatch(/^2 settings are wrong:\n {2}AMQP_URL .*\n {2}REPRISE_LEASE is "15".*\n$/);
  });
});
