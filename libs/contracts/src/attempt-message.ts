import {
  EFFECTS,
  type Effect,
  type Fence,
  fence,
  ON_IN_DOUBT,
  type OnInDoubt,
  type RunId,
  runId,
  type VersionId,
  versionId,
} from '@reprise/core';
import { fieldReader } from './read-fields.js';

/** The version of every message Reprise sends to itself. A newer one is left for a newer reader, never dropped. */
export const MESSAGE_VERSION = 1;

/**
 * A ticket to one attempt, on the queue it names. It carries no input: whoever claims it gets that from the ledger,
 * so that a message can be sent again without reading anything large.
 */
export interface AttemptTicket {
  readonly run: RunId;
  readonly version: VersionId;
  readonly workflow: string;
  readonly node: number;
  readonly at: string;
  /** For people: `page[3].charge`. */
  readonly path: string;
  readonly call: string;
  readonly attempt: number;
  /** A claim must find the row under this fence. */
  readonly fence: Fence;
  /** What the document says; absent: the handler's own, else the engine's. */
  readonly timeoutMs?: number;
  readonly heartbeatMs?: number;
  readonly effect?: Effect;
  readonly onInDoubt?: OnInDoubt;
  /** The task has a business key, to be looked at before the claim. */
  readonly keyed?: true;
  /** The task has `succeedWhen`: whether a result is a success is the document's to say. */
  readonly judged?: true;
  /** Somebody follows the tasks of this workflow: that the attempt has started is to be told. */
  readonly followed?: true;
  /** What the document says that it depends on. */
  readonly dependency?: string;
  /** The ledger has let it start, whatever limits there are. */
  readonly admitted?: true;
  /** W3C Trace Context of the attempt: what its handler calls hangs under it. Absent: its run has no trace. */
  readonly traceparent?: string;
  readonly tracestate?: string;
}

export interface AttemptMessage {
  readonly v: typeof MESSAGE_VERSION;
  readonly attempts: readonly AttemptTicket[];
}

export const encodeAttempts = (attempts: readonly AttemptTicket[]): string =>
  JSON.stringify({ v: MESSAGE_VERSION, attempts } satisfies AttemptMessage);

export type Decoded<Value> = { readonly kind: 'ok'; readonly value: Value } | { readonly kind: 'bad'; readonly reason: string };

export function decodeAttempts(body: Buffer): Decoded<readonly AttemptTicket[]> {
  return decodeItems(body, 'attempts', readTicket);
}

export function readTicket(item: unknown): AttemptTicket {
  const read = fieldReader(item);
  const { fields } = read;
  return {
    run: runId(read.uuid('run')),
    version: versionId(read.uuid('version')),
    workflow: read.text('workflow'),
    node: read.count('node'),
    at: read.at('at'),
    path: read.text('path'),
    call: read.text('call'),
    attempt: read.ordinal('attempt'),
    fence: fence(read.count('fence')),
    ...read.optional('timeoutMs'),
    ...read.optional('heartbeatMs'),
    ...(fields['effect'] === undefined ? {} : { effect: read.oneOf('effect', EFFECTS) }),
    ...(fields['onInDoubt'] === undefined ? {} : { onInDoubt: read.oneOf('onInDoubt', ON_IN_DOUBT) }),
    ...(read.flag('keyed') ? { keyed: true as const } : {}),
    ...(read.flag('judged') ? { judged: true as const } : {}),
    ...(read.flag('followed') ? { followed: true as const } : {}),
    ...(fields['dependency'] === undefined ? {} : { dependency: read.text('dependency') }),
    ...(read.flag('admitted') ? { admitted: true as const } : {}),
    ...(fields['traceparent'] === undefined ? {} : { traceparent: read.text('traceparent') }),
    ...(fields['tracestate'] === undefined ? {} : { tracestate: read.text('tracestate') }),
  };
}

/** Parses `{v, NAME: [...]}`; the first thing that is wrong with it is the reason. */
export function decodeItems<Item>(
  body: Buffer,
  name: string,
  decode: (item: Readonly<Record<string, unknown>>) => Item,
): Decoded<readonly Item[]> {
  try {
    const envelope = fieldReader(JSON.parse(body.toString('utf8')));
    const version = envelope.count('v');
    if (version !== MESSAGE_VERSION) return { kind: 'bad', reason: `unsupported message version ${version}` };
    return { kind: 'ok', value: envelope.list(name).map((item) => decode(fieldReader(item).fields)) };
  } catch (error) {
    return { kind: 'bad', reason: error instanceof Error ? error.message : String(error) };
  }
}
