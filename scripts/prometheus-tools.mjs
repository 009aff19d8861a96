#!/usr/bin/env node
// Prints where Prometheus' programs are, as JSON, for the tests that check metrics and alert rules. Those missing from the PATH are taken
// out of Debian's packages into `.reprise/prometheus`: nothing is installed, no daemon is started, and an ordinary user may do it.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { exclusively } from './lib/lock.mjs';
import { stateDir, stateFolder } from './lib/paths.mjs';
import { Expected, fail } from './lib/print.mjs';
import { onPath, run } from './lib/processes.mjs';

/** Each program: what it may be called (Debian renames one), and the package that has it. */
const PROGRAMS = {
  promtool: { names: ['promtool'], from: 'prometheus' },
  prometheus: { names: ['prometheus'], from: 'prometheus' },
  alertmanager: { names: ['alertmanager', 'prometheus-alertmanager'], from: 'prometheus-alertmanager' },
  amtool: { names: ['amtool'], from: 'prometheus-alertmanager' },
};
const FOLDER = 'prometheus';

/** The programs' paths: `{ promtool, prometheus, alertmanager, amtool }`. Fetches what is missing; throws, saying what to do, if it cannot. */
export async function prometheusTools() {
  const found = findTools();
  if (found.missing.length === 0) return found.paths;
  return exclusively('prometheus-tools', async () => {
    const { missing } = findTools();
    for (const from of new Set(missing.map((name) => PROGRAMS[name].from))) await unpack(from);
    const after = findTools();
    if (after.missing.length > 0) throw new Expected(`not in Debian's packages: ${after.missing.join(', ')}`);
    return after.paths;
  });
}

function findTools() {
  const entries = Object.entries(PROGRAMS).map(([tool, { names, from }]) => {
    const own = names.map((name) => path.join(stateDir, FOLDER, from, 'usr', 'bin', name));
    return [tool, names.find(onPath) ?? own.find(existsSync) ?? null];
  });
  return { paths: Object.fromEntries(entries), missing: entries.filter(([, where]) => where === null).map(([tool]) => tool) };
}

/** Under another name until it is whole: a download that was killed must not look like a program. */
async function unpack(from) {
  const folder = path.join(stateFolder(FOLDER), from);
  const partial = `${folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  try {
    await download(from, partial);
    const file = readdirSync(partial).find((name) => name.endsWith('.deb'));
    const { code, output } = await run('dpkg-deb', ['-x', path.join(partial, file ?? 'none'), partial]);
    if (code !== 0) throw unavailable(from, output);
    rmSync(path.join(partial, file), { force: true });
    rmSync(folder, { recursive: true, force: true });
    renameSync(partial, folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

/** With the system's lists of packages or, where there are none or old ones, with lists of our own. */
async function download(from, folder) {
  if (!onPath('apt-get') || !onPath('dpkg-deb')) throw unavailable(from, 'no apt-get here');
  const user = process.getuid?.() === 0 ? ['-o', 'APT::Sandbox::User=root'] : [];
  const fetch = (options) => run('apt-get', ['-qq', ...user, ...options, 'download', from], { cwd: folder });
  if ((await fetch([])).code === 0) return;
  const lists = stateFolder(FOLDER, 'apt', 'lists');
  const own = ['-o', `Dir::State::Lists=${lists}`, '-o', `Dir::Cache=${stateFolder(FOLDER, 'apt', 'cache')}`];
  await run('apt-get', ['-qq', ...user, ...own, 'update']);
  const { code, output } = await fetch(own);
  rmSync(path.join(stateDir, FOLDER, 'apt'), { recursive: true, force: true });
  if (code !== 0) throw unavailable(from, output);
}

const unavailable = (from, output) =>
  new Expected(
    `${from} cannot be fetched (${output.trim().split('\n').at(-1)}): install Debian's packages prometheus and prometheus-alertmanager, or put promtool, prometheus, alertmanager and amtool on the PATH`,
  );

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(JSON.stringify(await prometheusTools()));
  } catch (error) {
    fail(error);
    process.exitCode = 1;
  }
}
