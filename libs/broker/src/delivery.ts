import type { ConsumeMessage } from 'amqplib';

export interface DeliveryProperties {
  readonly messageId: string | undefined;
  readonly type: string | undefined;
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly appId: string | undefined;
  readonly correlationId: string | undefined;
  readonly replyTo: string | undefined;
  /** As the publisher set it: AMQP means seconds since the epoch, many send milliseconds. */
  readonly timestamp: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** One message as its consumer sees it. Everything in it was written by others. */
export interface Delivery {
  readonly body: Buffer;
  readonly exchange: string;
  readonly routingKey: string;
  readonly redelivered: boolean;
  readonly properties: DeliveryProperties;
}

export function deliveryOf({ content, fields, properties }: ConsumeMessage): Delivery {
  return {
    body: content,
    exchange: fields.exchange,
    routingKey: fields.routingKey,
    redelivered: fields.redelivered,
    properties: {
      messageId: text(properties.messageId),
      type: text(properties.type),
      contentType: text(properties.contentType),
      contentEncoding: text(properties.contentEncoding),
      appId: text(properties.appId),
      correlationId: text(properties.correlationId),
      replyTo: text(properties.replyTo),
      timestamp: typeof properties.timestamp === 'number' ? properties.timestamp : undefined,
      headers: properties.headers ?? {},
    },
  };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

const WRITTEN_BY_THE_BROKER = /^(x-death|x-first-death-|x-last-death-|x-delivery-count$|x-acquired-count$|cc$|bcc$)/i;

/**
 * A copy without what brokers write or act on. A republished `x-death` makes the broker take the message for a cycle:
 * classic queues drop it, at-least-once ones keep it for ever.
 */
export function cleanHeaders(headers: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !WRITTEN_BY_THE_BROKER.test(name)));
}
