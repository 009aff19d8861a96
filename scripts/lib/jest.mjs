import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { root } from './paths.mjs';

/** They take minutes and processes of their own: `npm run test:system`, `npm run test:chaos`. */
const APART = ['/tests/system/', '/tests/chaos/'];

const namesPath = (arg) => !arg.startsWith('-') && (arg.includes('/') || existsSync(path.join(root, arg)));

/** The arguments for jest: without a path everything but the slow suites; two workers unless told otherwise. */
export function jestArguments(args) {
  const workers = args.some((arg) => /^(--maxWorkers|-w|--runInBand|-i)\b/.test(arg)) ? [] : ['--maxWorkers=2'];
  // Last: this option of jest takes every word that follows.
  const apart = args.some(namesPath) ? [] : ['--testPathIgnorePatterns', '/node_modules/', ...APART];
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
