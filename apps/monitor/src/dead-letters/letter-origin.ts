import { cleanHeaders, type OutgoingMessage } from '@reprise/broker';
import { type DeadLetterView, REDRIVE_HEADER, type TopologyNames } from '@reprise/contracts';
import type { DeadLetter } from '@reprise/ledger';

type Fields = Readonly<Record<string, unknown>>;

/** Where the message of a dead letter was published to; null: it never was, or straight to the dead letters. */
export function originOf({ properties }: Pick<DeadLetter, 'properties'>, names: TopologyNames): DeadLetterView['origin'] {
  const { exchange, routingKey } = properties;
  if (typeof exchange !== 'string' || typeof routingKey !== 'string') return null;
  if (exchange !== names.dead) return { exchange, routingKey };
  const headers = fieldsOf(properties['headers']);
  const first = headers['x-first-death-exchange'];
  // Our queues dead-letter without a key of their own: a message keeps the one that it was published with.
  return typeof first === 'string' && first !== names.dead ? { exchange: first, routingKey } : null;
}

/**
 * The very same message. One that had no id gets the letter's, so that it is taken once though it may be sent twice; the header says
 * which letter it was, should it become one again.
 */
export function messageOf(letter: DeadLetter, origin: NonNullable<DeadLetterView['origin']>): OutgoingMessage {
  const { properties, id } = letter;
  const { timestamp } = properties;
  return {
    ...origin,
    body: letter.body,
    headers: { ...restoredHeaders(fieldsOf(properties['headers'])), [REDRIVE_HEADER]: id },
    messageId: textOf(properties, 'messageId') ?? `dead-letter-${id}`,
    ...withText(properties, 'type'),
    ...withText(properties, 'contentType'),
    ...withText(properties, 'contentEncoding'),
    ...withText(properties, 'appId'),
    ...withText(properties, 'replyTo'),
    ...(typeof timestamp === 'number' ? { timestamp } : {}),
  };
}

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});

function textOf(properties: Fields, name: string): string | null {
  const value = properties[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

function withText<Name extends string>(properties: Fields, name: Name): Partial<Record<Name, string>> {
  const text = textOf(properties, name);
  return text === null ? {} : ({ [name]: text } as Record<Name, string>);
}

/** Bytes are kept as JSON writes a Buffer. */
function restoredHeaders(headers: Fields): Record<string, unknown> {
  const restored = Object.entries(cleanHeaders(headers)).map(([name, value]) => {
    const { type, data } = fieldsOf(value);
    return [name, type === 'Buffer' && Array.isArray(data) ? Buffer.from(data as number[]) : value] as const;
  });
  return Object.fromEntries(restored);
}
