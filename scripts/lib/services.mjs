import { address } from './options.mjs';
import { freeRange, isFree, nextFree } from './ports.mjs';
import { Expected } from './print.mjs';
import { Service } from './service.mjs';
import { until } from './until.mjs';

/** The order of their ports. */
const NAMES = ['monitor', 'trigger', 'scheduler', 'executor'];
const READY_MS = 90_000;
/** A service that cannot start (a wrong setting) dies again and again: nobody should have to wait for that. */
const DEATHS_BEFORE_READY = 3;

/** The four neighbouring ports, or an error that says which one is taken. */
export async function choosePorts() {
  const { host, port } = address();
  if (port === 0) return { host, first: await freeRange(3000, NAMES.length, host) };
  for (const [index, name] of NAMES.entries()) await insistFree(name, host, port + index);
  return { host, first: port };
}

async function insistFree(name, host, port) {
  if (await isFree(port, host)) return;
  throw new Expected(
    `Port ${port} (${name}) is taken, perhaps by an earlier start that still runs.\n` +
      'Stop that, or choose four other ports: REPRISE_PORT=4000 npm start (4000 to 4003; 0 = any that are free).',
  );
}

/** Where to ask a service that listens on `host`. */
const reachable = (host) =>
  host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host;

async function isReady(url) {
  try {
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) });
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    return false;
  }
}

async function ready(service, { name, host, port }, signal) {
  const url = urlOf(host, port);
  const answers = async () => {
    if (service.deaths >= (service.restart ? DEATHS_BEFORE_READY : 1)) {
      // Two starts at the same moment both found the port free.
      await insistFree(name, host, port);
      throw new Expected(`${service.app} does not start; what it said is above.`);
    }
    return isReady(url);
  };
  await until(`${name} at ${url}/readyz`, answers, { withinMs: READY_MS, everyMs: 50, signal });
  return [name, url];
}

const urlOf = (host, port) => `http://${reachable(host)}:${port}`;

/** All four in one process; its death is ours. Returns their URLs by name once all are ready. */
export async function startTogether({ env, host, first, stop }) {
  let isUp = false;
  const onExit = (how) => isUp && stop.now(1, `the services have ended (${how})`);
  const service = new Service({
    app: 'all',
    env: { ...env, REPRISE_HOST: host, REPRISE_PORT: String(first) },
    stop,
    restart: false,
    onExit,
  });
  service.start();
  stop.add(() => service.end());
  const urls = await Promise.all(NAMES.map((name, index) => ready(service, { name, host, port: first + index }, stop.signal)));
  isUp = true;
  return Object.fromEntries(urls);
}

/** A process each, `executors` of the last kind; each is restarted when it dies. Returns their URLs by name. */
export async function startApart({ env, host, first, executors, stop }) {
  const plan = NAMES.map((name, index) => ({ app: name, name, port: first + index }));
  for (let number = 2; number <= executors; number += 1) {
    plan.push({ app: 'executor', name: `executor-${number}`, port: await nextFree((plan.at(-1)?.port ?? first) + 1, { host }) });
  }
  // Else a monitor on other ports would forward starts to whoever listens on the default one.
  const door = { REPRISE_TRIGGER_URL: urlOf(host, first + NAMES.indexOf('trigger')) };
  const services = plan.map(({ app, name, port }) => {
    const service = new Service({
      app,
      name,
      env: { ...door, ...env, REPRISE_HOST: host, REPRISE_PORT: String(port) },
      stop,
      restart: true,
    });
    service.start();
    return service;
  });
  stop.add(() => Promise.all(services.map((service) => service.end())));
  return Object.fromEntries(
    await Promise.all(plan.map(({ name, port }, index) => ready(services[index], { name, host, port }, stop.signal))),
  );
}
