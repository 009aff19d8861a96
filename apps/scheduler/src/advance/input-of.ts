import type { InboxItem } from '@reprise/contracts';
import type { Input } from '@reprise/core';

/** What a message of the inbox is to the core. */
export function inputOf(item: InboxItem): Input {
  switch (item.kind) {
    case 'outcome':
      return { kind: 'outcome', node: item.node, at: item.at, fence: item.fence, claim: item.claim, outcome: item.outcome };
    case 'wake':
    case 'emitted':
      return { kind: item.kind, node: item.node, at: item.at, fence: item.fence };
    case 'hold':
      return { kind: 'hold', node: item.node, at: item.at, fence: item.fence, reason: item.reason };
    case 'refused':
      return { kind: 'refused', node: item.node, at: item.at, fence: item.fence, error: item.error };
    case 'look':
    case 'recover':
      return { kind: item.kind };
  }
}
