import { type Fence, fence, type RunId, runId, type VersionId, versionId } from '@reprise/core';
import { type Decoded, decodeItems, MESSAGE_VERSION } from './attempt-message.js';
import { fieldReader } from './read-fields.js';

/** An alarm on the delay wheel: only a clock. When it rings, the row says what is due. */
export interface Alarm {
  readonly run: RunId;
  readonly version: VersionId;
  readonly node: number;
  readonly at: string;
  readonly fence: Fence;
  /** Epoch milliseconds of the database's clock. */
  readonly dueAt: number;
}

export const encodeAlarm = (alarm: Alarm): string => JSON.stringify({ v: MESSAGE_VERSION, alarms: [alarm] });

export function decodeAlarm(body: Buffer): Decoded<Alarm> {
  const decoded = decodeItems(body, 'alarms', (item) => {
    const read = fieldReader(item);
    return {
      run: runId(read.uuid('run')),
      version: versionId(read.uuid('version')),
      node: read.count('node'),
      at: read.at('at'),
      fence: fence(read.count('fence')),
      dueAt: read.instant('dueAt'),
    };
  });
  if (decoded.kind === 'bad') return decoded;
  const [alarm, ...more] = decoded.value;
  if (alarm === undefined || more.length > 0) return { kind: 'bad', reason: '`alarms` must hold one alarm' };
  return { kind: 'ok', value: alarm };
}
