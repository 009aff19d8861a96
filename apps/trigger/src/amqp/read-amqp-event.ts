import { createHash } from 'node:crypto';
import type { Delivery } from '@reprise/broker';
import { instantText, type Json, measureJson } from '@reprise/core';
import { parseJson } from '@reprise/service';
import { type ReadEvent, readCloudEvent } from '../events/read-cloud-event.js';
import type { TriggerEvent } from '../events/trigger-event.js';
import { readStructured } from '../http/read-http-events.js';

export interface AmqpLimits {
  readonly maxEventBytes: number;
  readonly maxDepth: number;
}

const PREFIXES = ['cloudEvents:', 'cloudEvents_'];
/** What is no time: an id of whole seconds would make two events of one second the same. */
const TEXTS = new Set(['id', 'source', 'type', 'subject']);

/**
 * A message on the events exchange: a structured CloudEvent, a binary one (attributes as headers), or bare JSON:
 * type = routing key, source = `amqp/APP_ID`, id = `message_id`. Without one the message is an event of its own, `anonymous`.
 */
export function readAmqpEvent(delivery: Delivery, limits: AmqpLimits, freshId: () => string): ReadEvent {
  const { properties, routingKey } = delivery;
  const isStructured = properties.contentType?.toLowerCase().startsWith('application/cloudevents+json') === true;
  const attributes = attributesOf(properties.headers);
  const isBinary = !isStructured && (attributes['type'] !== undefined || attributes['id'] !== undefined);
  if (isBinary && delivery.body.length === 0) return readCloudEvent({ attributes, data: null });
  const body = readJsonBody(delivery.body, limits);
  if (body.kind === 'bad') return body;
  if (isStructured) return readStructured(body.value);
  if (isBinary) return readCloudEvent({ attributes, data: body.value });
  const source = `amqp/${properties.appId ?? ''}`;
  const { messageId } = properties;
  const anonymous = messageId === undefined || messageId === '';
  const id = anonymous ? `${bodyHash(delivery)}:${freshId()}` : messageId;
  const read = readCloudEvent({ attributes: { id, source, type: routingKey }, data: body.value });
  return read.kind === 'ok' ? { kind: 'ok', event: { ...read.event, anonymous } } : read;
}

/** What anonymous messages of one routing key and body have in common: the front of their ids. */
const bodyHash = ({ routingKey, body }: Delivery): string =>
  `body:${createHash('sha256').update(`${routingKey}\n`).update(body).digest('hex')}`;

/** A start without `message_id`, as an event of its own: only so can its redelivery be told from another start. */
export const anonymousStart = (delivery: Delivery, input: Json, freshId: () => string): TriggerEvent => ({
  source: `amqp/${delivery.properties.appId ?? ''}`,
  id: `${bodyHash(delivery)}:${freshId()}`,
  type: delivery.routingKey,
  subject: null,
  time: null,
  data: input,
  extensions: {},
  anonymous: true,
});

export function readJsonBody(
  body: Buffer,
  { maxEventBytes, maxDepth }: AmqpLimits,
): { readonly kind: 'ok'; readonly value: Json } | { readonly kind: 'bad'; readonly reason: string } {
  if (body.length > maxEventBytes)
    return { kind: 'bad', reason: `the body has ${body.length} bytes, more than the limit of ${maxEventBytes}` };
  if (body.length === 0) return { kind: 'bad', reason: 'the body is empty; JSON is expected' };
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return { kind: 'bad', reason: 'the body is not UTF-8' };
  }
  const parsed = parseJson(text, { maxDepth });
  if (parsed.kind !== 'ok') return { kind: 'bad', reason: `the body is not acceptable JSON: ${parsed.message}` };
  const value = parsed.value as Json;
  const measured = measureJson(value, { maxDepth });
  return measured.kind === 'ok'
    ? { kind: 'ok', value }
    : { kind: 'bad', reason: `the body has ${measured.kind} at ${measured.path}` };
}

function attributesOf(headers: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const attributes: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(headers)) {
    const prefix = PREFIXES.find((candidate) => name.startsWith(candidate));
    if (prefix === undefined) continue;
    const attribute = name.slice(prefix.length).toLowerCase();
    attributes[attribute] = TEXTS.has(attribute) ? value : attributeOf(value);
  }
  return attributes;
}

/** Seconds since 1970 that are above it would be after the year 5000: milliseconds, as some clients send them. */
const MOST_SECONDS = 1e11;
const LAST_INSTANT_MS = 8.64e15;

/** A client that knows types sends `time` as a timestamp of AMQP; amqplib gives it as `{'!': 'timestamp', value}`. */
function attributeOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('!' in value) || value['!'] !== 'timestamp' || !('value' in value))
    return value;
  const since = Number(value.value);
  const ms = since > MOST_SECONDS ? since : since * 1_000;
  return Math.abs(ms) <= LAST_INSTANT_MS ? instantText(Math.trunc(ms)) : value;
}
