import type { RunId } from '@reprise/core';
import { NOTICE_TO_RUN, type RunAddress } from '@reprise/ledger';
import type { Received } from './received.js';

/** What a decision looks at because of what it received: whoever told it to has been heard. */
export const lookedAt = (run: RunId, received: readonly Received[]): readonly (RunAddress & { readonly fence: number })[] =>
  received.flatMap(({ item }) => {
    if (item.kind === 'wake') return [{ run, node: item.node, at: item.at, fence: item.fence }];
    return item.kind === 'look' ? [{ run, node: NOTICE_TO_RUN, at: '', fence: 0 }] : [];
  });
