import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { statePath } from './paths.mjs';
import { identify, isAlive } from './processes.mjs';
import { until } from './until.mjs';

const textOf = (file) => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
};

/** Who holds the lock, or null: a holder that died (kill -9, power cut) does not count. */
function holderIn(text) {
  try {
    const holder = JSON.parse(text);
    return holder !== null && isAlive(holder) ? holder : null;
  } catch {
    return null;
  }
}

const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

/** The file appears with all that it says: nobody reads half of it and takes its owner for dead. Some file systems cannot do that. */
function create(file, mine) {
  try {
    linkSync(mine, file);
  } catch (error) {
    if (!NO_LINKS.includes(error.code)) throw error;
    writeFileSync(file, textOf(mine), { flag: 'wx' });
  }
}

function tryTake(file) {
  const mine = `${file}.${process.pid}`;
  writeFileSync(mine, JSON.stringify(identify(process.pid)));
  try {
    create(file, mine);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    removeDead(file, mine);
    return false;
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Moved aside before it is removed: somebody else may have done that meanwhile, and the file may be theirs by now. */
function removeDead(file, aside) {
  const seen = textOf(file);
  if (seen === null || holderIn(seen)) return;
  try {
    renameSync(file, aside);
    if (textOf(aside) !== seen) linkSync(aside, file);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  }
}

/** Runs `work` while no other process of this folder runs something under the same name. `onWait(pid)` is called once if it must wait. */
export async function exclusively(
  name,
  work,
  { onWait = () => {}, withinMs = 15 * 60_000, everyMs = 100, giveUp = () => false } = {},
) {
  const file = statePath(`${name}.lock`);
  let told = false;
  let gaveUp = false;
  const taken = async () => {
    if (tryTake(file)) return true;
    const holder = holderIn(textOf(file));
    if (holder && !told) {
      told = true;
      onWait(holder.pid);
    }
    gaveUp = await giveUp();
    return gaveUp;
  };
  await until(`lock ${name}`, taken, { withinMs, everyMs });
  if (gaveUp) return undefined;
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}
