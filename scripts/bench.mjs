#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { build } from './lib/build.mjs';
import { install } from './lib/install.mjs';
import { parseOptions } from './lib/options.mjs';
import { root } from './lib/paths.mjs';
import { Expected, fail } from './lib/print.mjs';
import { findServers } from './lib/servers.mjs';
import { Stop } from './lib/stop.mjs';

/** `node bench/run.mjs` (or another: `scripts/bench.mjs growth`) with the same servers that `npm start` would find; further arguments are the bench's. */
const stop = new Stop();
stop.exitCodeFor = () => 130;
try {
  const { own, rest } = parseOptions(process.argv.slice(2));
  const name = /^[a-z]+$/.test(rest[0] ?? '') ? rest.shift() : 'run';
  const file = path.join(root, 'bench', `${name}.mjs`);
  if (!existsSync(file)) throw new Expected(`There is no bench/${name}.mjs.`);
  await install({ signal: stop.signal });
  await build();
  const finding = findServers({ own, onLost: (message) => stop.now(1, message), signal: stop.signal });
  stop.add(() =>
    finding.then(
      ({ release }) => release(),
      () => {},
    ),
  );
  const { env } = await finding;
  const child = spawn(process.execPath, [file, ...rest], { cwd: root, env: { ...process.env, ...env }, stdio: 'inherit' });
  const exited = new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
  stop.add(async () => {
    child.kill('SIGTERM');
    await exited;
  });
  await stop.now(await exited);
} catch (error) {
  if (!stop.signal.aborted) fail(error);
  await stop.now(1);
}
