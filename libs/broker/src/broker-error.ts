/**
 * `INVALID_URL`: a boot error. `CLOSED`: used after `close()`. `NOT_CONNECTED`: ask again later.
 * `NOT_SENT`: certainly not published. `CONFIRM_TIMEOUT`, `CHANNEL_CLOSED`: nobody knows, publish again. `NACKED`: the broker refused it.
 * `REFUSED`: it cannot be encoded (a key above 255 bytes, a header that is no AMQP value), publishing again will not help.
 */
export type BrokerErrorCode =
  | 'INVALID_URL'
  | 'CLOSED'
  | 'NOT_CONNECTED'
  | 'NOT_SENT'
  | 'CONFIRM_TIMEOUT'
  | 'CHANNEL_CLOSED'
  | 'NACKED'
  | 'REFUSED'
  | 'SETTLEMENTS';

export class BrokerError extends Error {
  override readonly name = 'BrokerError';

  constructor(
    readonly code: BrokerErrorCode,
    message: string,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? {} : { cause });
  }
}

/** A queue or exchange exists with other arguments. Queues are moved where that is allowed; else the service waits and tries again, and an operator must delete it or change the setting. */
export class TopologyMismatchError extends Error {
  override readonly name = 'TopologyMismatchError';
  readonly code = 'TOPOLOGY_MISMATCH';

  constructor(
    readonly object: 'queue' | 'exchange',
    readonly objectName: string,
    readonly argument: string,
    detail: string,
    cause: unknown,
  ) {
    super(
      `${object} ${objectName} exists with another ${argument} (${detail}). Delete it when it is empty, or use another prefix or queue type.`,
      { cause },
    );
  }
}

/** `localhost` that refuses on both address families gives an AggregateError without a message. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(reasonOf).join(', ');
  return error instanceof Error ? error.message : String(error);
}

/** The AMQP reply code (404, 406 …) that closed a channel, if that is what this error is. */
export function replyCodeOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'number' ? error.code : undefined;
}

/**
 * What to do about a broker that is there and refuses us; null: it is not there, or nobody needs to do anything. The client hides why
 * the opening of a virtual host was refused.
 */
export function refusalOf(reason: string, url: string): string | null {
  const vhost = decodeURIComponent(new URL(url).pathname.slice(1)) || '/';
  if (/Login was refused|ACCESS.REFUSED.*Handshake|Handshake.*ACCESS.REFUSED/i.test(reason))
    return 'AMQP_URL: RabbitMQ refuses the login: correct user and password (or rabbitmqctl add_user). `guest` may log in from the same machine only';
  if (/Expected ConnectionOpenOk/.test(reason))
    return `AMQP_URL: RabbitMQ refuses the virtual host "${vhost}": it is not there (rabbitmqctl add_vhost), or the user may not use it (rabbitmqctl set_permissions -p VHOST USER '.*' '.*' '.*')`;
  if (/ACCESS_REFUSED/.test(reason))
    return `AMQP_URL: the user lacks permissions in the virtual host "${vhost}": it must configure, write and read names that begin with REPRISE_PREFIX (rabbitmqctl set_permissions)`;
  return null;
}
