import { Expected } from './print.mjs';

const USAGE = `npm start [-- FLAGS]              all four services in one process
npm run start:services [-- FLAGS] each service in a process of its own, restarted when it dies
npm test [-- FLAGS] [JEST ARGS]   every test but tests/deploy, system, chaos, servers and alerts (npm run test:deploy, test:system, …)

  --own            start our own Postgres and RabbitMQ even if some run here (also REPRISE_OWN=1)
  --executors=N    with start:services: N executors (also REPRISE_EXECUTORS=N)
  --help`;

const isOn = (value) => value !== undefined && value !== '' && value !== '0' && value !== 'false';

function count(name, text) {
  if (!/^[1-9]\d?$/.test(text)) throw new Expected(`${name}=${text}: a number from 1 to 99`);
  return Number(text);
}

/**
 * Our flags out of a command line: `{ own, services, executors, rest }`; `rest` is for somebody else (jest).
 * With `strict`, what is left over is an error.
 */
export function parseOptions(args, { strict = false } = {}) {
  const options = {
    own: isOn(process.env.REPRISE_OWN),
    services: false,
    executors: count('REPRISE_EXECUTORS', process.env.REPRISE_EXECUTORS || '1'),
    rest: [],
  };
  for (const arg of args) {
    const executors = /^--executors=(.*)$/.exec(arg)?.[1];
    if (arg === '--own') options.own = true;
    else if (arg === '--services') options.services = true;
    else if (arg === '--help' && strict) {
      process.stdout.write(`${USAGE}\n`);
      process.exit(0);
    } else if (executors !== undefined) {
      options.executors = count('--executors', executors);
    } else options.rest.push(arg);
  }
  if (strict && options.rest.length > 0) throw new Expected(`Unknown: ${options.rest.join(' ')}\n\n${USAGE}`);
  if (args.some((arg) => arg.startsWith('--executors')) && !options.services) {
    throw new Expected('--executors needs `npm run start:services`');
  }
  return options;
}

/** REPRISE_HOST and REPRISE_PORT as `{ host, port }`. */
export function address() {
  const port = process.env.REPRISE_PORT || '3000';
  if (!/^\d+$/.test(port) || Number(port) > 65_000) throw new Expected(`REPRISE_PORT=${port}: a port number, 0 for any`);
  return { host: process.env.REPRISE_HOST || '127.0.0.1', port: Number(port) };
}
