import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually, TestBroker, TestDatabase } from '@reprise/testing';
import { type BuiltImage, performBuild } from './image/perform-build.js';
import { commandOf, environmentOf, settingsOf } from './image/read-dockerfile.js';

/* The image is built as its Dockerfile says, as far as that goes without a container engine, and each service is started from it. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TOKEN = 'a-token-for-the-image-0123';
const SERVICES = ['monitor', 'trigger', 'scheduler', 'executor'];
const asBearer = { authorization: `Bearer ${TOKEN}` };

let scratch: string;
let image: BuiltImage;
let database: TestDatabase;
let broker: TestBroker;
const running: { name: string; port: number; child: ChildProcess; said: string[]; ended: Promise<number | string | null> }[] = [];

beforeAll(async () => {
  scratch = mkdtempSync(path.join(os.tmpdir(), 'reprise-image-'));
  image = performBuild(ROOT, 'deploy/docker/Dockerfile', scratch);
  database = await TestDatabase.create();
  broker = new TestBroker();
  for (const name of SERVICES) running.push(await start(name));
}, 540_000);

afterAll(async () => {
  for (const { child } of running) child.kill('SIGKILL');
  await broker.end();
  await database.end();
  rmSync(scratch, { recursive: true, force: true });
});

async function start(name: string): Promise<(typeof running)[number]> {
  const port = await freePort();
  const [program = '', ...parameters] = commandOf(image.stage, 'ENTRYPOINT');
  expect(program).toBe('node');
  const child = spawn(process.execPath, [...parameters, name], {
    cwd: image.workdir,
    env: {
      PATH: process.env.PATH,
      ...environmentOf(image.stage),
      DATABASE_URL: database.url,
      AMQP_URL: broker.url,
      REPRISE_PREFIX: broker.prefix,
      REPRISE_WHEEL_LEVELS: '1',
      REPRISE_PORT: String(port),
      REPRISE_HOST: '127.0.0.1',
      REPRISE_TOKEN: TOKEN,
      REPRISE_DATABASE_POOL: '3',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => said.push(String(chunk)));
  const ended = new Promise<number | string | null>((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)));
  return { name, port, child, said, ended };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** The image's own health check, as the engine would run it inside the container. */
function checkHealth(port: number): number | null {
  const [, ...parameters] = commandOf(image.stage, 'HEALTHCHECK');
  return spawnSync(process.execPath, parameters, { cwd: image.workdir, env: { REPRISE_PORT: String(port) } }).status;
}

test('each service starts from what the image holds, says that it is healthy, and becomes ready', async () => {
  for (const { name, port, said } of running) {
    await eventually(
      async () => {
        const answer = await fetch(`http://127.0.0.1:${port}/readyz`);
        if (answer.ok) return true;
        throw new Error(`${await answer.text()}\n${said.slice(-5).join('')}`);
      },
      { what: `${name} to be ready`, timeoutMs: 120_000 },
    );
    expect([name, checkHealth(port)]).toEqual([name, 0]);
  }
  expect(checkHealth(await freePort())).toBe(1);
}, 240_000);

test('its executor hosts neither shell nor script', async () => {
  const [monitor] = running;
  const members = await eventually(
    async () => {
      const answer = await fetch(`http://127.0.0.1:${monitor?.port}/v1/executors`, { headers: asBearer });
      const { items } = (await answer.json()) as { items: { handlers: string[] }[] };
      return items.length > 0 ? items : false;
    },
    { what: 'an executor in the list' },
  );
  expect(members.map(({ handlers }) => [...handlers].sort())).toEqual([['http', 'publish', 'sql']]);
});

test('the console and the command line are in it', async () => {
  const [monitor] = running;
  expect((await fetch(`http://127.0.0.1:${monitor?.port}/`, { headers: asBearer })).status).toBe(200);
  const cli = spawnSync(process.execPath, ['apps/cli/bin/reprise.js', 'queue', 'list'], {
    cwd: image.workdir,
    env: { REPRISE_URL: `http://127.0.0.1:${monitor?.port}`, REPRISE_TOKEN: TOKEN },
    encoding: 'utf8',
  });
  expect([cli.status, cli.stderr]).toEqual([0, '']);
  expect(cli.stdout).toContain('default');
});

test('what only builds and tests is not in it', () => {
  const has = (file: string): boolean => existsSync(path.join(image.workdir, file));
  for (const file of [
    'libs/testing',
    'libs/core/src',
    'apps/monitor/src',
    'tests',
    'node_modules/jest',
    'node_modules/typescript7',
  ])
    expect([file, has(file)]).toEqual([file, false]);
  for (const file of ['apps/monitor/dist/main.js', 'apps/all/dist/main.js', 'libs/ledger/sql', 'node_modules/pg', 'LICENSE'])
    expect([file, has(file)]).toEqual([file, true]);
});

test('the signal the image names makes each of them drain and end', async () => {
  const [signal] = settingsOf(image.stage, 'STOPSIGNAL');
  for (const { child } of running) child.kill(signal as NodeJS.Signals);
  for (const { name, ended, said } of running) expect([name, await ended, said.at(-1)]).toEqual([name, 0, expect.anything()]);
});
