import { type ClaimId, claimId } from '@reprise/core';
import { fieldReader } from './read-fields.js';

/** A hint to every process, lost without harm: the truth is in the ledger. */
export type ControlHint =
  /** Somebody wants this claim's handler to stop; its next renewal will say so too. */
  | {
      readonly kind: 'interrupt';
      readonly executor: string;
      readonly claim: ClaimId;
      readonly run: string;
      readonly node: number;
      readonly at: string;
    }
  /** Workflows were registered or archived. */
  | { readonly kind: 'reload' }
  /** Queues were paused or resumed. */
  | { readonly kind: 'queues' }
  /** A scheduler came or goes: who is left divides the inboxes anew. */
  | { readonly kind: 'schedulers' };

export const encodeHint = (hint: ControlHint): string => JSON.stringify(hint);

/** null: nothing we know, or nothing that makes sense. */
export function decodeHint(body: Buffer): ControlHint | null {
  try {
    const read = fieldReader(JSON.parse(body.toString('utf8')));
    const kind = read.oneOf('kind', ['interrupt', 'reload', 'queues', 'schedulers'] as const);
    if (kind !== 'interrupt') return { kind };
    return {
      kind,
      executor: read.text('executor'),
      claim: claimId(read.uuid('claim')),
      run: read.uuid('run'),
      node: read.count('node'),
      at: read.at('at'),
    };
  } catch {
    return null;
  }
}
