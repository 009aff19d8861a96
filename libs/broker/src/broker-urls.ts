import { BrokerError } from './broker-error.js';

const PARTS = /^(amqps?:\/\/)((?:[^/?#]*@)?)([^/?#@]*)(.*)$/i;
const SHAPE = 'it looks like amqp://user:password@host:5672/vhost, with further hosts behind commas: @one:5672,two:5672/';

/**
 * `amqp://user:password@one,two:5673/vhost`, the nodes of one cluster, as one URL for each of them.
 * @throws BrokerError INVALID_URL, which does not show the text: it may hold a password
 */
export function brokerUrls(text: string, heartbeatSeconds: number): readonly [string, ...string[]] {
  const [, scheme = '', login = '', hosts = '', rest = ''] = PARTS.exec(text) ?? notOne(text);
  const [first = '', ...others] = hosts
    .split(',')
    .map((host) => withHeartbeat(scheme + login + host.trim() + rest, heartbeatSeconds));
  return [first, ...others];
}

function withHeartbeat(url: string, seconds: number): string {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch (cause) {
    throw new BrokerError('INVALID_URL', `the AMQP URL cannot be read; ${SHAPE}`, cause);
  }
  if (parsed.hostname === '') throw new BrokerError('INVALID_URL', `a host is missing in the AMQP URL; ${SHAPE}`);
  if (!parsed.searchParams.has('heartbeat')) parsed.searchParams.set('heartbeat', String(seconds));
  return parsed.href;
}

function notOne(text: string): never {
  const protocol = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text)?.[0];
  const wrong =
    protocol === undefined ? 'the AMQP URL cannot be read' : `the AMQP URL begins with ${protocol}, not amqp:// or amqps://`;
  throw new BrokerError('INVALID_URL', `${wrong}; ${SHAPE}`);
}

export function withoutPassword(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
