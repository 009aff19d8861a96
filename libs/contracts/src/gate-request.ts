import {
  type ClaimId,
  claimId,
  type Fence,
  fence,
  type Outcome,
  type RunId,
  runId,
  toJsonText,
  type VersionId,
  versionId,
} from '@reprise/core';
import { type AttemptTicket, type Decoded, MESSAGE_VERSION, readTicket } from './attempt-message.js';
import { FieldError, fieldReader } from './read-fields.js';
import { handlerRetryOf, readOutcome } from './read-outcome.js';

/** An attempt that a worker holds. */
export interface HeldAttempt {
  readonly run: RunId;
  readonly node: number;
  readonly at: string;
  readonly fence: Fence;
  readonly claim: ClaimId;
}

/** A task queue that a worker reads. */
export interface ReadQueue {
  readonly name: string;
  /** `queuedAt` of the newest attempt it was granted from it; absent: none yet. */
  readonly readUntil: number | null;
}

/** What a worker that speaks only AMQP asks: one request in a message. */
export type GateRequest =
  | {
      readonly kind: 'hello';
      readonly worker: string;
      readonly queues: readonly ReadQueue[];
      readonly handlers: readonly string[];
      readonly concurrency: number;
    }
  | { readonly kind: 'goodbye'; readonly worker: string }
  | { readonly kind: 'claim'; readonly worker: string; readonly claim: ClaimId; readonly attempts: readonly AttemptTicket[] }
  /** Nothing here hosts these calls. */
  | { readonly kind: 'put-back'; readonly attempts: readonly AttemptTicket[] }
  | (HeldAttempt & { readonly kind: 'heartbeat' })
  | (HeldAttempt & { readonly kind: 'outcome'; readonly version: VersionId; readonly outcome: Outcome });

export type GateRequestOf<Kind extends GateRequest['kind']> = Extract<GateRequest, { readonly kind: Kind }>;

/** Tickets of one request. */
export const MOST_ATTEMPTS = 100;
const MOST_QUEUES = 128;
const MOST_HANDLERS = 1_000;
const MOST_CONCURRENCY = 10_000;
const LONGEST_NAME = 200;
const WORKER = /^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,199}$/;

/** Written by programs of other people: the first thing that is wrong with it is the reason. */
export function decodeGateRequest(body: Buffer): Decoded<GateRequest> {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    const version = fieldReader(value).count('v');
    if (version !== MESSAGE_VERSION) return { kind: 'bad', reason: `unsupported message version ${version}` };
    return { kind: 'ok', value: readRequest(value) };
  } catch (error) {
    return { kind: 'bad', reason: error instanceof Error ? error.message : String(error) };
  }
}

function readRequest(value: unknown): GateRequest {
  const read = fieldReader(value);
  const kind = read.text('kind');
  switch (kind) {
    case 'hello':
      return {
        kind,
        worker: workerOf(read.text('worker')),
        queues: atMost('queues', read.list('queues'), MOST_QUEUES).map(readQueue),
        handlers: atMost('handlers', read.list('handlers'), MOST_HANDLERS).map((each) => nameOf('handlers', each)),
        concurrency: bounded('concurrency', read.ordinal('concurrency'), MOST_CONCURRENCY),
      };
    case 'goodbye':
      return { kind, worker: workerOf(read.text('worker')) };
    case 'claim': {
      const claim = claimId(read.uuid('claim'));
      return { kind, worker: workerOf(read.text('worker')), claim, attempts: ticketsOf(read.list('attempts')) };
    }
    case 'put-back':
      return { kind, attempts: ticketsOf(read.list('attempts')) };
    case 'heartbeat':
      return { kind, ...heldOf(read) };
    case 'outcome':
      return { kind, ...heldOf(read), version: versionId(read.uuid('version')), outcome: outcomeOf(read.fields['outcome']) };
    default:
      throw new FieldError('`kind` must be hello, goodbye, claim, put-back, heartbeat or outcome');
  }
}

type Reader = ReturnType<typeof fieldReader>;

const heldOf = (read: Reader): HeldAttempt => ({
  run: runId(read.uuid('run')),
  node: read.count('node'),
  at: read.at('at'),
  fence: fence(read.count('fence')),
  claim: claimId(read.uuid('claim')),
});

function readQueue(value: unknown): ReadQueue {
  const read = fieldReader(value);
  const name = nameOf('queues', read.fields['name']);
  // `*` and `#` are wildcards of the exchange's bindings.
  if (/[*#\s]/.test(name)) throw new FieldError('`queues` must have names without spaces, `*` and `#`');
  return { name, readUntil: (read.fields['readUntil'] ?? null) === null ? null : read.instant('readUntil') };
}

function ticketsOf(items: readonly unknown[]): readonly AttemptTicket[] {
  if (items.length === 0) throw new FieldError('`attempts` must have one at least');
  return atMost('attempts', items, MOST_ATTEMPTS).map(readTicket);
}

/** A worker's output is any JSON; what Postgres does not take is replaced. Only the ledger answers from the ledger. */
function outcomeOf(value: unknown): Outcome {
  const { fields } = fieldReader(value);
  if (fields['kind'] !== 'succeeded') return readOutcome(fields);
  return { kind: 'succeeded', output: toJsonText(fields['output'] ?? null), ...handlerRetryOf(fields) };
}

function workerOf(worker: string): string {
  if (!WORKER.test(worker)) throw new FieldError('`worker` must be up to 200 letters, digits and . _ : / @ -');
  return worker;
}

function nameOf(field: string, value: unknown): string {
  if (typeof value === 'string' && value !== '' && value.length <= LONGEST_NAME) return value;
  throw new FieldError(`\`${field}\` must have names of up to ${LONGEST_NAME} characters`);
}

function atMost(field: string, items: readonly unknown[], most: number): readonly unknown[] {
  if (items.length > most) throw new FieldError(`\`${field}\` must have at most ${most}`);
  return items;
}

function bounded(field: string, value: number, most: number): number {
  if (value > most) throw new FieldError(`\`${field}\` must be at most ${most}`);
  return value;
}
