import type { Publisher } from '@reprise/broker';
import { type HeldAttempt, type InboxItem, packInbox, type TopologyNames, toInbox } from '@reprise/contracts';
import type { Outcome, VersionId } from '@reprise/core';
import type { ClaimStore } from '@reprise/ledger';
import { faultPoint, type Logger } from '@reprise/service';
import { keyOf, once } from './held-attempts.js';

export interface EndedAttempt extends HeldAttempt {
  readonly version: VersionId;
  readonly outcome: Outcome;
}

export interface TakeOutcomesOptions {
  readonly store: Pick<ClaimStore, 'renew'>;
  readonly publisher: Pick<Publisher, 'publish'>;
  readonly names: TopologyNames;
  readonly leaseMs: number;
  readonly logger: Logger;
}

/** RabbitMQ 4 refuses messages beyond 16 MiB: an outcome with more text than this travels alone. */
const LARGE = 65_536;

/** What attempts have come to: into their rows under fence and claim first, then to their runs. */
export class TakeOutcomes {
  constructor(private readonly options: TakeOutcomesOptions) {}

  /** The keys of those whose claim holds; the others were replaced, and nothing of theirs was written. */
  async take(ended: readonly EndedAttempt[]): Promise<ReadonlySet<string>> {
    if (ended.length === 0) return new Set();
    const { store, leaseMs } = this.options;
    const first = once(ended);
    const renewed = await store.renew(first, leaseMs);
    await faultPoint('gate.after-record');
    const accepted = new Set(renewed.map(({ claim, address }) => keyOf({ ...address, claim })));
    await this.tell(first.filter((each) => accepted.has(keyOf(each))));
    await faultPoint('gate.after-forward');
    return accepted;
  }

  /** What cannot be told now is in the rows: the watch finds it there. */
  private async tell(ended: readonly EndedAttempt[]): Promise<void> {
    if (ended.length === 0) return;
    const { publisher, names, logger } = this.options;
    const small = ended.filter(({ outcome }) => !isLarge(outcome)).map(itemOf);
    const large = ended.filter(({ outcome }) => isLarge(outcome)).map(itemOf);
    const outcomes = await publisher.publish([...packInbox(names, small), ...large.map((item) => toInbox(names, [item]))]);
    const untold = outcomes.filter(({ kind }) => kind !== 'confirmed').length;
    if (untold > 0)
      logger.warn({ messages: untold }, 'outcomes of workers were not told; the watch will find them in their rows');
  }
}

const isLarge = (outcome: Outcome): boolean => outcome.kind === 'succeeded' && outcome.output.length > LARGE;

const itemOf = ({ run, version, node, at, fence, claim, outcome }: EndedAttempt): InboxItem => ({
  kind: 'outcome',
  run,
  version,
  node,
  at,
  fence,
  claim,
  outcome,
});
