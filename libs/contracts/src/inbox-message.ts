import {
  type ClaimId,
  claimId,
  type Fence,
  fence,
  type HoldReason,
  type Outcome,
  type RunId,
  runId,
  type TaskError,
  type VersionId,
  versionId,
} from '@reprise/core';
import { type Decoded, decodeItems, MESSAGE_VERSION } from './attempt-message.js';
import { FieldError, fieldReader } from './read-fields.js';
import { readError, readOutcome } from './read-outcome.js';

interface InboxAddress {
  readonly run: RunId;
  /** Which compiled workflow decides, so that it is at hand before the run is locked. */
  readonly version: VersionId;
}

interface TaskItem extends InboxAddress {
  readonly node: number;
  readonly at: string;
  readonly fence: Fence;
}

/** What a run is told, through its shard's inbox. A message packs several of one shard. */
export type InboxItem =
  | (TaskItem & { readonly kind: 'outcome'; readonly claim: ClaimId; readonly outcome: Outcome })
  | (TaskItem & { readonly kind: 'wake' })
  /** The broker has confirmed the event that this instance emits. */
  | (TaskItem & { readonly kind: 'emitted' })
  /** The trigger cannot start the child run of this instance. */
  | (TaskItem & { readonly kind: 'refused'; readonly error: TaskError })
  | (TaskItem & { readonly kind: 'hold'; readonly reason: HoldReason })
  /** Look at the run: its timeout, its commands, what must be in flight or announced. */
  | (InboxAddress & { readonly kind: 'look' })
  /** Derive again what must be in flight for this run: its messages may have been lost before they were sent. */
  | (InboxAddress & { readonly kind: 'recover' });

export const encodeInbox = (items: readonly InboxItem[]): string => JSON.stringify({ v: MESSAGE_VERSION, items });

const HOLDS: readonly HoldReason[] = ['NO_QUEUE', 'NO_HANDLER', 'KEY_IN_PROGRESS', 'RATE_LIMIT', 'BREAKER_OPEN', 'CONCURRENCY'];

export function decodeInbox(body: Buffer): Decoded<readonly InboxItem[]> {
  return decodeItems(body, 'items', (item) => {
    const read = fieldReader(item);
    const address = { run: runId(read.uuid('run')), version: versionId(read.uuid('version')) };
    const kind = read.text('kind');
    if (kind === 'look' || kind === 'recover') return { kind, ...address };
    const task = { ...address, node: read.count('node'), at: read.at('at'), fence: fence(read.count('fence')) };
    switch (kind) {
      case 'wake':
      case 'emitted':
        return { kind, ...task };
      case 'hold':
        return { kind, ...task, reason: read.oneOf('reason', HOLDS) };
      case 'refused':
        return { kind, ...task, error: readError('error', item['error']) };
      case 'outcome':
        return { kind, ...task, claim: claimId(read.uuid('claim')), outcome: readOutcome(item['outcome']) };
      default:
        throw new FieldError('`kind` must be outcome, wake, emitted, refused, hold, look or recover');
    }
  });
}
