import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { exclusively } from './lock.mjs';
import { root, stateFolder } from './paths.mjs';
import { done, Expected, step } from './print.mjs';

const lockFile = path.join(root, 'package-lock.json');
const stampFile = path.join(root, 'node_modules', '.reprise-stamp');
const major = process.versions.node.split('.')[0];

const wanted = () => createHash('sha256').update(readFileSync(lockFile)).update(`node ${major}`).digest('hex');
const stamped = () => existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted();

/**
 * Whether what npm last installed (its hidden lock file) is what package-lock.json asks for. Spares those who ran `npm install`
 * or `npm ci` themselves a second installation. Optional packages of other platforms may be missing.
 */
function matchesLock() {
  const hidden = path.join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(hidden)) return false;
  const { packages: have } = JSON.parse(readFileSync(hidden, 'utf8'));
  const { packages: want } = JSON.parse(readFileSync(lockFile, 'utf8'));
  return Object.entries(want)
    .filter(([place]) => place.startsWith('node_modules/'))
    .every(([place, entry]) => {
      const found = have[place];
      return found ? found.version === entry.version && found.integrity === entry.integrity : Boolean(entry.optional);
    });
}

/** npm's cache needs a home that can be written to; service users (`nobody`) have none. */
function cacheSetting() {
  try {
    accessSync(os.homedir(), constants.W_OK);
    return {};
  } catch {
    return process.env.npm_config_cache ? {} : { npm_config_cache: stateFolder('npm-cache') };
  }
}

function npmCi(signal) {
  // Under `npm start` npm says where it is; that one is used even if it is not on the PATH.
  const npm = process.env.npm_execpath?.endsWith('.js') ? [process.execPath, process.env.npm_execpath] : ['npm'];
  const args = [...npm.slice(1), 'ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'];
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...cacheSetting(), NODE_ENV: 'development' };
    const child = spawn(npm[0], args, { cwd: root, stdio: ['ignore', 2, 2], env, signal });
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Expected('npm ci failed (see above). It needs the npm registry once; later starts do not.'));
    });
  });
}

/** Installs node_modules if they are missing or not what package-lock.json asks for. */
export async function install({ signal } = {}) {
  if (stamped()) return;
  await exclusively(
    'install',
    async () => {
      if (stamped()) return;
      if (!matchesLock()) {
        step('packages', existsSync(stampFile) ? 'package-lock.json has changed: npm ci' : 'npm ci');
        await npmCi(signal);
        done('packages', 'installed');
      }
      writeFileSync(stampFile, wanted());
    },
    { onWait: (pid) => step('packages', `waiting for process ${pid}, which is installing them`) },
  );
}
