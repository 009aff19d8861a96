import { cleanHeaders, type OutgoingMessage, type PublishOutcome } from '@reprise/broker';
import type { Json } from '@reprise/core';
import { isError } from '@reprise/service';
import { type Attempt, type HandlerDefinition, TaskError } from '@reprise/worker';
import { InputReader } from './read-input.js';
import { refuseIfStopped } from './stopped.js';

const FIELDS = ['exchange', 'routingKey', 'body', 'headers'];

export type Publish = (message: OutgoingMessage) => Promise<PublishOutcome>;

/** `publish {exchange, routingKey, body, headers}` → `{}`, once the broker has confirmed it. */
export function publishHandler(publish: Publish, prefix: string): HandlerDefinition {
  return {
    name: 'publish',
    effect: 'idempotent',
    attemptTimeoutMs: null,
    heartbeatTimeoutMs: null,
    retry: null,
    run: (input, attempt) => runPublish(input, attempt, publish, prefix),
  };
}

async function runPublish(given: Json, attempt: Attempt, publish: Publish, prefix: string): Promise<unknown> {
  const input = new InputReader('publish', given, FIELDS);
  const message = messageOf(input, attempt, prefix);
  refuseIfStopped(attempt);
  const outcome = await publish(message);
  switch (outcome.kind) {
    case 'confirmed':
      return {};
    case 'returned':
      throw new TaskError('publish.UNROUTABLE', `no queue is bound to ${placeOf(message)}`, { details: { happened: false } });
    case 'failed':
      throw failure(message, outcome.cause);
  }
}

function messageOf(input: InputReader, attempt: Attempt, prefix: string): OutgoingMessage {
  const exchange = input.text('exchange');
  if (exchange === null) throw input.refuse('exchange', 'is missing');
  const routingKey = input.text('routingKey') ?? '';
  const events = `${prefix}.events`;
  // Its own messages are Reprise's affair: a forged one could end or start what it likes.
  if (exchange.startsWith(`${prefix}.`) && exchange !== events) {
    throw input.refuse('exchange', `is Reprise's own; of its exchanges only ${events} takes messages`);
  }
  if (exchange === '' && routingKey.startsWith(`${prefix}.`)) throw input.refuse('routingKey', "names a queue of Reprise's own");
  for (const [name, text] of [
    ['exchange', exchange],
    ['routingKey', routingKey],
  ] as const) {
    if (Buffer.byteLength(text) > 255) throw input.refuse(name, 'is longer than 255 bytes');
  }
  return {
    exchange,
    routingKey,
    ...bodyOf(input.value('body')),
    headers: { ...traceOf(attempt), ...readHeaders(input) },
    // The same for every attempt: who deduplicates by it takes a repeated message for what it is.
    messageId: attempt.key,
  };
}

const traceOf = ({ traceparent, tracestate }: Attempt): Record<string, unknown> => ({
  ...(traceparent === null ? {} : { traceparent }),
  ...(tracestate === null ? {} : { tracestate }),
});

function bodyOf(body: Json): { readonly body: Buffer | string; readonly contentType: string } {
  if (typeof body === 'string') return { body, contentType: 'text/plain; charset=utf-8' };
  return { body: JSON.stringify(body), contentType: 'application/json' };
}

function readHeaders(input: InputReader): Record<string, unknown> {
  const entries = input.entries('headers').filter(([, value]) => value !== null);
  for (const [name] of entries) {
    if (/^b?cc$/i.test(name))
      throw input.refuse(`headers.${name}`, 'is not supported: publish to each routing key with a task of its own');
    if (Buffer.byteLength(name) > 255) throw input.refuse('headers', 'has a name longer than 255 bytes');
  }
  return cleanHeaders(Object.fromEntries(entries));
}

const placeOf = ({ exchange, routingKey }: OutgoingMessage): string =>
  `${exchange === '' ? 'the default exchange' : `exchange ${exchange}`} with routing key "${routingKey}"`;

/** Certainly in no queue. */
const NEVER_SENT = new Set(['NOT_SENT', 'NACKED', 'REFUSED', 'CLOSED', 'NO_EXCHANGE']);

function failure(message: OutgoingMessage, cause: Extract<PublishOutcome, { kind: 'failed' }>['cause']): TaskError {
  const code = isMissing(message.exchange, cause.cause) ? 'NO_EXCHANGE' : cause.code;
  return new TaskError(`publish.${code}`, `${placeOf(message)}: ${cause.message}`, {
    ...(code === 'REFUSED' ? { retryable: false } : {}),
    details: NEVER_SENT.has(code) ? { happened: false } : {},
    cause,
  });
}

/** RabbitMQ closes the channel with 404 for an exchange that is not there; it may have been another message's. */
const isMissing = (exchange: string, cause: unknown): boolean =>
  isError(cause) && 'code' in cause && cause.code === 404 && cause.message.includes(`'${exchange}'`);
