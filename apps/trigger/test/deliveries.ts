import type { Delivery, DeliveryProperties } from '@reprise/broker';

/** A message on the events exchange, as a user's publisher sends it. */
export const delivered = (
  routingKey: string,
  body: unknown,
  properties: Partial<DeliveryProperties> = {},
  redelivered = false,
): Delivery => ({
  body: Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  exchange: 'events',
  routingKey,
  redelivered,
  properties: {
    messageId: undefined,
    type: undefined,
    contentType: undefined,
    contentEncoding: undefined,
    appId: undefined,
    correlationId: undefined,
    replyTo: undefined,
    timestamp: undefined,
    headers: {},
    ...properties,
  },
});
