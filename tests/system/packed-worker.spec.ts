import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Installation } from './installation.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PACKAGES = ['core', 'contracts', 'ledger', 'broker', 'service', 'worker', 'client'];
/** What any Nest application has; the packages must get along with these, and bring no second Nest. */
const OWN = ['@nestjs/common', '@nestjs/core', 'reflect-metadata', 'rxjs'];
const PATIENCE_MS = 300_000;

/** Decorators as functions: an application without a compiler. */
const APPLICATION = `
import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Handler, RepriseExecutorModule } from '@reprise/worker';

class Rates { perCent = 2; }
Injectable()(Rates);

class Payments {
  constructor(rates) { this.rates = rates; }
  async charge({ amount }, attempt) {
    attempt.heartbeat({ asked: amount });
    attempt.log.info('charging', { amount });
    const { fee } = await attempt.effect('charge', async ({ key }) => ({ fee: (amount * this.rates.perCent) / 100, key }));
    return { fee, number: attempt.number };
  }
}
Injectable()(Payments);
Reflect.defineMetadata('design:paramtypes', [Rates], Payments);
const input = { '~standard': { version: 1, vendor: 'shop', validate: (value) =>
  typeof value?.amount === 'number' ? { value } : { issues: [{ message: 'expected a number', path: ['amount'] }] } } };
Handler('packed.charge', { input, timeout: '30s' })(
  Payments.prototype, 'charge', Object.getOwnPropertyDescriptor(Payments.prototype, 'charge'));

class Configuration { queue = process.env.SHOP_QUEUE; }
class ConfigurationModule {}
Module({ providers: [Configuration], exports: [Configuration] })(ConfigurationModule);

class Shop {}
Module({
  imports: [RepriseExecutorModule.forRootAsync({
    imports: [ConfigurationModule], inject: [Configuration], useFactory: ({ queue }) => ({ queue, concurrency: 2 }) })],
  providers: [Rates, Payments],
})(Shop);

const app = await NestFactory.createApplicationContext(Shop, { logger: ['error'], abortOnError: false });
app.enableShutdownHooks();
console.log('the shop is open');
`;

/** A caller with the client's package, and a test of theirs with the tester's. */
const CALLER = `
import { RepriseClient, workflow } from '@reprise/client';
import { testWorkflow } from '@reprise/worker/testing';

const document = {
  workflow: 'packed',
  tasks: { charge: { call: 'packed.charge', queue: process.env.SHOP_QUEUE, with: { amount: '\${{ input.amount }}' } } },
  output: '\${{ tasks.charge.output }}',
};
const client = new RepriseClient({ url: process.env.REPRISE_URL });
await client.workflows.apply(document);
const runs = [];
for (const amount of [50, 'much']) runs.push(await client.run('packed', { amount }, { wait: { timeoutMs: 120_000 } }));
console.log(JSON.stringify({ runs, tester: typeof testWorkflow, builder: typeof workflow }));
`;

let folder: string;
let reprise: Installation;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reprise-packed-'));
  reprise = await Installation.create();
  await pack();
  await install();
  await Promise.all([reprise.start('trigger', 'scheduler'), writeFile(join(folder, 'shop', 'shop.mjs'), APPLICATION)]);
  await Promise.all([reprise.start('monitor'), writeFile(join(folder, 'shop', 'caller.mjs'), CALLER)]);
}, PATIENCE_MS);
afterAll(async () => {
  await reprise?.end();
  await rm(folder, { recursive: true, force: true });
}, PATIENCE_MS);

const execute = promisify(execFile);
const npm = (cwd: string, ...words: readonly string[]) => execute('npm', words, { cwd, timeout: PATIENCE_MS });

async function pack(): Promise<void> {
  await mkdir(join(folder, 'tarballs'));
  const which = PACKAGES.flatMap((name) => ['--workspace', `libs/${name}`]);
  await npm(ROOT, 'pack', '--silent', '--pack-destination', join(folder, 'tarballs'), ...which);
}

/** The versions of Nest are this repository's; whatever the cache has is not asked for again. */
async function install(): Promise<void> {
  const shop = join(folder, 'shop');
  await mkdir(shop);
  await writeFile(join(shop, 'package.json'), JSON.stringify({ name: 'shop', private: true, type: 'module' }));
  const own = await Promise.all(
    OWN.map(async (name) => `${name}@${(await readPackage(join(ROOT, 'node_modules', name))).version}`),
  );
  const tarballs = (await readdir(join(folder, 'tarballs'))).map((name) => join(folder, 'tarballs', name));
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', '--omit=dev'];
  await npm(shop, 'install', ...quiet, ...own, ...tarballs);
}

const readPackage = async (path: string): Promise<Record<string, string>> =>
  JSON.parse(await readFile(join(path, 'package.json'), 'utf8'));

function environment(): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    SHOP_QUEUE: 'shop',
    DATABASE_URL: reprise.database.url,
    AMQP_URL: reprise.broker.url,
    REPRISE_PREFIX: reprise.broker.prefix,
    REPRISE_WHEEL_LEVELS: '2',
    REPRISE_LOG_LEVEL: 'warn',
    REPRISE_URL: reprise.one('monitor').url,
  };
}

/** Resolves when it has said that it is open; rejects with all it said when it ends before. */
function open(shop: ChildProcess): Promise<void> {
  let said = '';
  return new Promise((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      said += chunk.toString('utf8');
      if (said.includes('the shop is open')) resolve();
    };
    shop.stdout?.on('data', hear);
    shop.stderr?.on('data', hear);
    shop.once('exit', (code, signal) => reject(new Error(`the shop ended (${code ?? signal}):\n${said}`)));
  });
}

test('each package has its licence, what it exports, and no second copy of Nest', async () => {
  const modules = join(folder, 'shop', 'node_modules');
  const licence = await readFile(join(ROOT, 'LICENSE'), 'utf8');
  for (const name of PACKAGES) {
    const path = join(modules, '@reprise', name);
    expect(await readFile(join(path, 'LICENSE'), 'utf8')).toBe(licence);
    expect(await readPackage(path)).toMatchObject({ license: 'Apache-2.0', version: (await readPackage(ROOT)).version });
    const files = (await readdir(path, { recursive: true })).filter((file) => !file.startsWith('node_modules'));
    expect(files.filter((file) => /\.spec\.|tsbuildinfo|^src|^test/.test(file))).toEqual([]);
    expect(await readdir(join(path, 'node_modules', '@nestjs')).catch(() => [])).toEqual([]);
  }
  // Read when they are needed: the ledger of this test has been migrated already, and would not miss them all.
  for (const each of ['sql', 'migrations']) {
    const ours = await readdir(join(ROOT, 'libs', 'ledger', each));
    expect(ours.length).toBeGreaterThan(5);
    expect((await readdir(join(modules, '@reprise', 'ledger', each))).sort()).toEqual(ours.sort());
  }
});

test(
  'a Nest application made of the packed packages runs attempts, and drains when it is told to stop',
  async () => {
    const cwd = join(folder, 'shop');
    const shop = spawn(process.execPath, ['shop.mjs'], { cwd, env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
    reprise.onEnd(() => void shop.kill('SIGKILL'));
    await open(shop);
    const { stdout } = await execute(process.execPath, ['caller.mjs'], { cwd, env: environment(), timeout: PATIENCE_MS });
    const { runs, tester, builder } = JSON.parse(stdout);
    expect([tester, builder]).toEqual(['function', 'function']);
    expect(runs[0]).toMatchObject({ status: 'succeeded', output: { fee: 1, number: 1 } });
    expect(runs[1]).toMatchObject({ status: 'failed', error: { code: 'INVALID_INPUT' } });
    const ended = new Promise((resolve) => shop.once('exit', (code, signal) => resolve({ code, signal })));
    shop.kill('SIGTERM');
    await ended;
    // It has drained: whoever is killed stays among the members until their lease is over.
    expect(await reprise.database.query(`select id from reprise.member where service = 'executor'`)).toEqual([]);
  },
  PATIENCE_MS,
);
