import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { root } from './paths.mjs';

/** They have commands of their own: `npm run test:deploy`, `test:system`, `test:chaos`, `test:servers`, `test:alerts`. */
const APART = ['/tests/deploy/', '/tests/system/', '/tests/chaos/', '/tests/servers/', '/tests/alerts/'];

const namesPath = (arg) => !arg.startsWith('-') && (arg.includes('/') || existsSync(path.join(root, arg)));

/**
 * The arguments for jest: without a path everything but the slow suites. Three workers for those tests, which wait for the servers about
 * as long as they compute; two where each test may start processes of its own; or as many as somebody says.
 */
export function jestArguments(args) {
  const isPart = args.some(namesPath);
  const workers = args.some((arg) => /^(--maxWorkers|-w|--runInBand|-i)\b/.test(arg)) ? [] : [`--maxWorkers=${isPart ? 2 : 3}`];
  // Last: this option of jest takes every word that follows.
  const apart = isPart ? [] : ['--testPathIgnorePatterns', '/node_modules/', ...APART];
  return [...workers, ...args, ...apart];
}

/** Runs jest and resolves to its exit code. It stays in the terminal's group, so that --watch can read keys. */
export function jest(args, env, stop) {
  const file = path.join(root, 'node_modules/jest/bin/jest.js');
  const child = spawn(process.execPath, ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', file, ...args], {
    cwd: root,
    env,
    stdio: 'inherit',
  });
  const exited = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(signal ? 1 : (code ?? 1)));
  });
  stop.add(async () => {
    child.kill('SIGTERM');
    await exited;
  });
  return exited;
}
