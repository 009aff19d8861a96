import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stateDir, stateFolder } from '../lib/paths.mjs';
import { onPath, run } from '../lib/processes.mjs';
import { installWithApt } from './apt-install.mjs';

/** The scripts themselves: what Debian puts on the PATH is a wrapper that insists on the user rabbitmq and the system's folders. */
const PLACES = ['/usr/lib/rabbitmq/bin', '/opt/homebrew/opt/rabbitmq/sbin', '/usr/local/opt/rabbitmq/sbin', '/opt/rabbitmq/sbin'];

const MANUAL = `RabbitMQ 3.10 or newer is needed, and there is none on this machine. One of these helps:
  - set AMQP_URL to a broker that you may use;
  - start one in a container: docker run -d -p 127.0.0.1:5672:5672 rabbitmq:4
  - install it: https://www.rabbitmq.com/docs/download (macOS: brew install rabbitmq).
    It need not be running: \`npm start\` runs a node of its own.`;

/** A command's file: on the PATH, or where Erlang keeps its own. */
function erlangProgram(name, erlang) {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), path.join(erlang, 'bin')];
  const runtime = existsSync(erlang) ? readdirSync(erlang).filter((entry) => entry.startsWith('erts-')) : [];
  folders.push(...runtime.map((entry) => path.join(erlang, entry, 'bin')));
  return folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file));
}

function installedOnSystem() {
  const folder = PLACES.find((place) => existsSync(path.join(place, 'rabbitmq-server')));
  const epmd = erlangProgram('epmd', '/usr/lib/erlang');
  return folder && epmd ? { server: path.join(folder, 'rabbitmq-server'), epmd, path: [] } : null;
}

function unpackedIn(tree) {
  if (!existsSync(path.join(tree, 'complete'))) return null;
  const bin = path.join(tree, 'usr/lib/erlang/bin');
  return { server: path.join(tree, 'usr/lib/rabbitmq/bin/rabbitmq-server'), epmd: path.join(bin, 'epmd'), path: [bin] };
}

/** Erlang's start scripts hold the folder they were built for. */
function relocate(erlang) {
  const runtime = readdirSync(erlang).find((entry) => entry.startsWith('erts-'));
  for (const file of ['bin/erl', 'bin/start', `${runtime}/bin/erl`, `${runtime}/bin/start`].map((name) =>
    path.join(erlang, name),
  )) {
    if (existsSync(file)) writeFileSync(file, readFileSync(file, 'utf8').replaceAll('/usr/lib/erlang', erlang), { mode: 0o755 });
  }
}

/** The broker and the parts of Erlang it needs, by apt's own account of the dependencies. */
async function packagesNeeded(apt) {
  const flags = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'].map((kind) => `--no-${kind}`);
  const { code, output } = await run('apt-cache', [...apt, 'depends', '--recurse', ...flags, 'rabbitmq-server']);
  const names = output.split('\n').filter((line) => /^erlang-[a-z0-9-]+$/.test(line));
  return code === 0 && names.length > 0 ? ['rabbitmq-server', ...new Set(names)] : null;
}

/** Downloads into `folder` with the system's package lists or, where those are missing or old, with lists of our own. */
async function download(folder, { note, signal }) {
  const state = stateFolder('apt', 'state');
  stateFolder('apt', 'state', 'lists', 'partial');
  stateFolder('apt', 'cache', 'archives', 'partial');
  const own = [
    '-o',
    `Dir::State=${state}`,
    '-o',
    'Dir::State::status=/var/lib/dpkg/status',
    '-o',
    `Dir::Cache=${stateFolder('apt', 'cache')}`,
  ];
  for (const apt of [[], own]) {
    if (apt === own) {
      note('fetching package lists (apt-get update, into .reprise)');
      await run('apt-get', [...apt, 'update'], { signal });
    }
    const names = await packagesNeeded(apt);
    if (!names) continue;
    note(`fetching RabbitMQ (${names.length} packages, about 35 MB)`);
    if ((await run('apt-get', [...apt, '-qq', 'download', ...names], { cwd: folder, signal })).code === 0) return;
  }
  throw new Error(`the packages could not be fetched with apt-get.\n${MANUAL}`);
}

/** Unpacks RabbitMQ and Erlang under `.reprise/`: needs no rights and changes nothing outside. */
async function unpack(tree, tools) {
  rmSync(tree, { recursive: true, force: true });
  rmSync(path.join(stateDir, 'apt'), { recursive: true, force: true });
  const packages = stateFolder('apt', 'packages');
  await download(packages, tools);
  const building = stateFolder('apt', 'tree');
  for (const file of readdirSync(packages).filter((name) => name.endsWith('.deb'))) {
    const { code, output } = await run('dpkg', ['-x', path.join(packages, file), building], { signal: tools.signal });
    if (code !== 0) throw new Error(`dpkg -x ${file}: ${output}`);
  }
  renameSync(building, tree);
  relocate(path.join(tree, 'usr/lib/erlang'));
  writeFileSync(path.join(tree, 'complete'), '');
  rmSync(path.join(stateDir, 'apt'), { recursive: true, force: true });
}

/**
 * Where RabbitMQ is: installed on the system, or unpacked by us earlier; else it is installed (as root) or unpacked (as a user).
 * REPRISE_UNPACK=1 leaves the system out of it. Returns `{ server, epmd, path }`.
 */
export async function findRabbitmq(tools) {
  const tree = path.join(stateDir, 'rabbitmq-tree');
  const mayUseSystem = process.env.REPRISE_UNPACK !== '1';
  const found = (mayUseSystem && installedOnSystem()) || unpackedIn(tree);
  if (found) return found;
  if (!onPath('apt-get') || !onPath('dpkg')) throw new Error(MANUAL);
  if (mayUseSystem && process.getuid?.() === 0 && (await installWithApt('rabbitmq-server', tools))) {
    const installed = installedOnSystem();
    if (installed) return installed;
  }
  await unpack(tree, tools);
  return unpackedIn(tree);
}
