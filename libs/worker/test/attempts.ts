import type { Delivery } from '@reprise/broker';
import { type AttemptTicket, encodeAttempts } from '@reprise/contracts';
import { claimId, fence, type Json, runId, toJsonText, versionId } from '@reprise/core';
import type { Claimed } from '@reprise/ledger';
import { systemClock } from '@reprise/service';

/** A ticket as the scheduler sends it. */
export function newTicket(fields: Partial<AttemptTicket> = {}): AttemptTicket {
  return {
    run: runId(systemClock.uuidv7()),
    version: versionId(systemClock.uuidv7()),
    workflow: 'pages',
    node: 0,
    at: '',
    path: 'fetch',
    call: 'pages.fetch',
    attempt: 1,
    fence: fence(1),
    ...fields,
  };
}

/** What the ledger answers to the claim of a ticket. */
export function claimedOf(ticket: AttemptTicket, input: Json = {}, fields: Partial<Claimed> = {}): Claimed {
  const { run, node, at } = ticket;
  return {
    run,
    node,
    at,
    fence: fence(ticket.fence + 1),
    claim: claimId(systemClock.uuid()),
    input: toJsonText(input),
    secrets: null,
    idempotencyKey: null,
    queuedAt: 0,
    totalUntil: null,
    startedAt: 0,
    ...fields,
  };
}

export const delivered = (body: string | Buffer, fields: Partial<Delivery> = {}): Delivery => ({
  body: Buffer.from(body),
  exchange: 'attempts',
  routingKey: 'default',
  redelivered: false,
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
  },
  ...fields,
});

export const deliveryOf = (...tickets: readonly AttemptTicket[]): Delivery => delivered(encodeAttempts(tickets));
