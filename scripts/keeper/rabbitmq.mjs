import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root, stateFolder, statePath } from '../lib/paths.mjs';
import { rememberedPorts } from '../lib/ports.mjs';
import { brokerVersion } from '../lib/rabbitmq.mjs';
import { until } from '../lib/until.mjs';
import { startChild } from './child.mjs';
import { findRabbitmq } from './find-rabbitmq.mjs';
import { secret } from './secret.mjs';

const PREFERRED_PORTS = { amqp: 26_672, management: 26_673, prometheus: 26_674, distribution: 26_675, epmd: 26_676 };
const BOOT_MS = 120_000;

/** Settings of deploy/rabbitmq plus what makes this node ours alone: its ports, its login, modest memory. */
function writeConfig(folder, ports) {
  const shipped = readFileSync(path.join(root, 'deploy/rabbitmq/rabbitmq.conf'), 'utf8');
  const own = [
    `listeners.tcp.1 = 127.0.0.1:${ports.amqp}`,
    'management.tcp.ip = 127.0.0.1',
    `management.tcp.port = ${ports.management}`,
    'prometheus.tcp.ip = 127.0.0.1',
    `prometheus.tcp.port = ${ports.prometheus}`,
    'default_user = reprise',
    `default_pass = ${secret()}`,
    'log.file.level = warning',
    'disk_free_limit.absolute = 50MB',
    'vm_memory_high_watermark.absolute = 1GB',
  ];
  writeFileSync(path.join(folder, 'rabbitmq.conf'), `${shipped}\n${own.join('\n')}\n`, { mode: 0o600 });
  copyFileSync(path.join(root, 'deploy/rabbitmq/advanced.config'), path.join(folder, 'advanced.config'));
  copyFileSync(path.join(root, 'deploy/rabbitmq/enabled_plugins'), path.join(folder, 'enabled_plugins'));
  writeFileSync(path.join(folder, 'env.conf'), '');
}

/** Every place that RabbitMQ would otherwise share with a node of the system: names, folders, ports, cookie, settings. */
function environment(folder, ports, installed) {
  const inside = (...parts) => stateFolder('rabbitmq', ...parts);
  const { RABBITMQ_NODE_PORT: _port, ERL_FLAGS: _flags, NOTIFY_SOCKET: _socket, ...inherited } = process.env;
  return {
    ...inherited,
    PATH: [...installed.path, process.env.PATH].join(path.delimiter),
    HOME: inside('home'),
    LANG: 'C.UTF-8',
    LC_ALL: 'C.UTF-8',
    RABBITMQ_NODENAME: 'reprise@localhost',
    RABBITMQ_CONF_ENV_FILE: path.join(folder, 'env.conf'),
    RABBITMQ_CONFIG_FILE: path.join(folder, 'rabbitmq.conf'),
    RABBITMQ_ADVANCED_CONFIG_FILE: path.join(folder, 'advanced.config'),
    RABBITMQ_ENABLED_PLUGINS_FILE: path.join(folder, 'enabled_plugins'),
    RABBITMQ_MNESIA_BASE: inside('mnesia'),
    RABBITMQ_LOG_BASE: inside('log'),
    RABBITMQ_SCHEMA_DIR: inside('schema'),
    RABBITMQ_GENERATED_CONFIG_DIR: inside('schema'),
    RABBITMQ_PID_FILE: path.join(folder, 'pid'),
    RABBITMQ_DIST_PORT: String(ports.distribution),
    ERL_EPMD_PORT: String(ports.epmd),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    // A script that hands over to the VM (instead of waiting beside it) leaves one process to watch and to end.
    RUNNING_UNDER_SYSTEMD: '1',
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:
      '-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none -noinput',
  };
}

const logTail = () => readFileSync(statePath('rabbitmq', 'out.log'), 'utf8').trim().split('\n').slice(-12).join('\n');

const PORT_TAKEN = /already_used|eaddrinuse|address already in use/i;
const TRIES = 3;

/** Starts our own RabbitMQ node. Returns `{ url, managementUrl, detail, ctl, exited, stop }`; `ctl` is how `rabbitmqctl` is called for it. */
export async function ownRabbitmq({ note, signal }) {
  const installed = await findRabbitmq({ note, signal });
  for (let tries = 1; ; tries += 1) {
    try {
      return await startNode(installed, { note, signal });
    } catch (error) {
      // Somebody was faster between our look at a port and the node's: the next look finds another one.
      if (tries >= TRIES || !PORT_TAKEN.test(error.message)) throw error;
      note('a port was taken meanwhile, trying others');
    }
  }
}

async function startNode(installed, { note, signal }) {
  const folder = stateFolder('rabbitmq');
  const ports = await rememberedPorts(PREFERRED_PORTS);
  writeConfig(folder, ports);
  const env = environment(folder, ports, installed);
  // In the foreground and first: the VM would start a daemon of its own that outlives it.
  const epmd = startChild('epmd', installed.epmd, ['-port', String(ports.epmd), '-address', '127.0.0.1'], {
    log: 'rabbitmq/epmd.log',
    env,
  });
  note('starting');
  // Quorum queues reserve file handles: with a shell's usual 1,024 a few topologies would be all this node can hold.
  const broker = startChild('rabbitmq', '/bin/sh', ['-c', 'ulimit -n "$(ulimit -Hn)" 2>/dev/null; exec "$0"', installed.server], {
    log: 'rabbitmq/out.log',
    env,
    cwd: folder,
    ending: { graceMs: 40_000 },
  });
  const stop = async () => {
    await broker.stop();
    await epmd.stop();
  };
  const url = `amqp://reprise:${secret()}@127.0.0.1:${ports.amqp}`;
  const answers = async () => {
    if (broker.hasExited()) throw new Error(`RabbitMQ ended (${broker.hasExited()}):\n${logTail()}`);
    return brokerVersion(url).catch(() => null);
  };
  let version;
  try {
    version = await until('RabbitMQ', answers, { withinMs: BOOT_MS, everyMs: 150, signal });
  } catch (error) {
    await stop();
    throw error;
  }
  // A broker that dies takes its epmd along, so that the next one finds its port free.
  const exited = broker.exited.then(() => epmd.stop());
  return {
    url,
    managementUrl: `http://127.0.0.1:${ports.management}`,
    ctl: { file: path.join(path.dirname(installed.server), 'rabbitmqctl'), env },
    detail: `our own node on port ${ports.amqp} (RabbitMQ ${version}, management on ${ports.management})`,
    exited,
    stop,
  };
}
