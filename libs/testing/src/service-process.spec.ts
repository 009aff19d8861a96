import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually, type ServiceProcess, startProcess, withFaults } from './index.js';

let folder: string;

/** A service as far as starting sees it: says where it listens, is ready at the second asking. */
const SERVICE = `
import { createServer } from 'node:http';
let asked = 0;
const server = createServer((request, response) => {
  response.statusCode = ++asked > 1 ? 200 : 503;
  response.end(JSON.stringify({ faults: process.env.REPRISE_FAULTS ?? null }));
});
server.listen(Number(process.env.REPRISE_PORT), '127.0.0.1', () => {
  console.log(JSON.stringify({ message: 'trigger listens', url: 'http://127.0.0.1:' + server.address().port }));
});
process.on('SIGTERM', () => process.exit(7));
`;

beforeAll(async () => {
  folder = await mkdtemp(`${tmpdir()}/reprise-process-`);
  await writeFile(`${folder}/service.mjs`, SERVICE);
  await writeFile(`${folder}/broken.mjs`, `console.error('no such luck'); process.exit(2);`);
});
afterAll(() => rm(folder, { recursive: true }));

/** Not as a zombie: whose parent was killed may stay one for as long as nobody collects it. */
const isAlive = (pid: number): boolean => {
  try {
    if (process.platform !== 'linux') return process.kill(pid, 0);
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};

test('starts on a free port, waits until it is ready, stops, and says how it ended', async () => {
  const service = await startProcess(`${folder}/service.mjs`, withFaults('trigger.after-commit:kill@3'));
  const answer = await fetch(service.url);
  expect([answer.status, await answer.json()]).toEqual([200, { faults: 'trigger.after-commit:kill@3' }]);
  await expect(service.stop()).resolves.toEqual({ code: 7, signal: null });
  expect(isAlive(service.pid)).toBe(false);
});

test('kill -9 is told as such', async () => {
  const service: ServiceProcess = await startProcess(`${folder}/service.mjs`);
  await service.kill('SIGKILL');
  await expect(service.exited).resolves.toEqual({ code: null, signal: 'SIGKILL' });
});

test('a process that ends before it is ready is told with what it said', async () => {
  await expect(startProcess(`${folder}/broken.mjs`)).rejects.toThrow(/ended \(2\) before it was ready\nno such luck/);
});

test('a service does not outlive the process that started it, not even after kill -9', async () => {
  const libs = new URL('../dist/index.js', import.meta.url);
  const script = `
    const { startProcess } = await import(${JSON.stringify(libs.href)});
    const service = await startProcess(${JSON.stringify(`${folder}/service.mjs`)});
    console.log(service.pid);
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  parent.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const pid = await eventually(() => said.endsWith('\n') && Number(said), { what: 'the service to be started' });
  expect(isAlive(pid)).toBe(true);
  parent.kill('SIGKILL');
  await eventually(() => !isAlive(pid), { what: `process ${pid} to end` });
});
