import type { IncomingMessage } from 'node:http';
import type { Delivery } from '@reprise/broker';
import { acceptSpanId, readTraceContext, type TraceContext } from '@reprise/contracts';
import type { Clock } from '@reprise/service';
import type { Arrival } from './arrival.js';
import type { StartRequest } from './start-request.js';

/** Every HTTP request is one of its own, also one that is sent again. */
export function overHttp(request: IncomingMessage, route: string, clock: Clock): (asked: StartRequest) => Arrival {
  const method = request.method ?? 'POST';
  const about = { name: `${method} ${route}`, kind: 'server', at: clock.now() } as const;
  const { headers } = request;
  const attributes = { 'http.request.method': method, 'http.route': route, 'url.scheme': 'http' };
  return (asked) => ({ ...about, attributes, caller: callerOf(headers, asked), spanId: acceptSpanId(clock.uuid()) });
}

/** A message that the broker delivers again is the same one. */
export function overAmqp(delivery: Delivery, request: StartRequest, queue: string, clock: Clock): Arrival {
  const { properties, routingKey } = delivery;
  return {
    caller: callerOf(properties.headers, request),
    spanId: acceptSpanId(sameness(request) ?? clock.uuid()),
    name: `process ${queue}`,
    kind: 'consumer',
    at: clock.now(),
    attributes: {
      'messaging.system': 'rabbitmq',
      'messaging.operation.type': 'process',
      'messaging.operation.name': 'process',
      'messaging.destination.name': queue,
      'messaging.rabbitmq.destination.routing_key': routingKey,
      'messaging.message.id': properties.messageId,
    },
  };
}

/** The message's own headers, else the extension of CloudEvents that says where the event itself comes from. */
const callerOf = (headers: Readonly<Record<string, unknown>>, request: StartRequest): TraceContext | null =>
  readTraceContext(headers) ?? (request.kind === 'event' ? readTraceContext(request.event.extensions) : null);

function sameness(request: StartRequest): string | null {
  if (request.kind === 'event') return `${request.event.source}\n${request.event.id}`;
  return request.kind === 'start' && request.key !== null ? `${request.workflow}\n${request.key}` : null;
}
