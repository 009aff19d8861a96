import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { statePath } from './paths.mjs';
import { identify, isAlive } from './processes.mjs';
import { until } from './until.mjs';

/** Who holds the lock, or null: a holder that died (kill -9, power cut) does not count. */
function holderOf(file) {
  try {
    const holder = JSON.parse(readFileSync(file, 'utf8'));
    return isAlive(holder) ? holder : null;
  } catch {
    return null;
  }
}

function tryTake(file) {
  const me = JSON.stringify(identify(process.pid));
  try {
    writeFileSync(file, me, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  if (!holderOf(file)) rmSync(file, { force: true });
  return false;
}

/** Runs `work` while no other process of this folder runs something under the same name. `onWait(pid)` is called once if it must wait. */
export async function exclusively(name, work, { onWait = () => {}, withinMs = 15 * 60_000, giveUp = () => false } = {}) {
  const file = statePath(`${name}.lock`);
  let told = false;
  let gaveUp = false;
  const taken = async () => {
    if (tryTake(file)) return true;
    const holder = holderOf(file);
    if (holder && !told) {
      told = true;
      onWait(holder.pid);
    }
    gaveUp = await giveUp();
    return gaveUp;
  };
  await until(`lock ${name}`, taken, { withinMs });
  if (gaveUp) return undefined;
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}
