import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { statePath } from '../lib/paths.mjs';
import { end, identify } from '../lib/processes.mjs';

const file = () => statePath('processes.json');
const recorded = () => (existsSync(file()) ? JSON.parse(readFileSync(file(), 'utf8')) : []);
/** Whole or not at all: a keeper killed while it writes must leave a list that the next one can read. */
const write = (list) => {
  writeFileSync(`${file()}.new`, JSON.stringify(list, null, 2));
  renameSync(`${file()}.new`, file());
};

/** Writes down a child that must not outlive us. `ending` = how it is asked to end (see `end`). Returns what forgets it. */
export function record(name, pid, ending = {}) {
  const entry = { name, ...identify(pid), ending };
  write([...recorded(), entry]);
  return () => write(recorded().filter((other) => other.pid !== entry.pid || other.start !== entry.start));
}

/** Ends what a killed keeper left running: only processes that it wrote down and that really are those, youngest first. */
export async function endLeftovers(log) {
  for (const entry of recorded().reverse()) {
    log(`leftover of an earlier run: ${entry.name} ${entry.pid}`);
    await end(entry, entry.ending).catch((error) => log(`could not end ${entry.pid}: ${error.message}`));
  }
  write([]);
}
