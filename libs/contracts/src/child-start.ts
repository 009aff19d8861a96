import { type Fence, fence, type RunId, runId, type VersionId, versionId } from '@reprise/core';
import { type Decoded, decodeItems, MESSAGE_VERSION } from './attempt-message.js';
import { fieldReader } from './read-fields.js';

/** Asks for the start of the run that a task instance waits for. What it is to be, that instance's row says. */
export interface ChildStart {
  readonly run: RunId;
  readonly version: VersionId;
  readonly node: number;
  readonly at: string;
  readonly fence: Fence;
}

export const encodeChildStarts = (starts: readonly ChildStart[]): string => JSON.stringify({ v: MESSAGE_VERSION, starts });

export function decodeChildStarts(body: Buffer): Decoded<readonly ChildStart[]> {
  return decodeItems(body, 'starts', (item) => {
    const read = fieldReader(item);
    return {
      run: runId(read.uuid('run')),
      version: versionId(read.uuid('version')),
      node: read.count('node'),
      at: read.at('at'),
      fence: fence(read.count('fence')),
    };
  });
}
