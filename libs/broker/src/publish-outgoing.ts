import { type MayShare, type Outgoing, packAttempts, packInbox, type TopologyNames } from '@reprise/contracts';
import type { BrokerLogger } from './broker-logger.js';
import { growingMs } from './pause.js';
import type { PublishOutcome } from './publish-request.js';
import type { Publisher } from './publisher.js';

/** Publish calls, each of which takes up to the publisher's own timeout; what is left then is the watch's to send. */
const MOST_TRIES = 6;
/** A full queue refuses at once: without a pause all tries would be over in milliseconds. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/** One of our own that comes back has lost its queue, which is declared again meanwhile. */
const isUntold = ({ tickets, optional }: Outgoing, outcome: PublishOutcome | undefined): boolean =>
  outcome?.kind === 'failed' || (outcome?.kind === 'returned' && tickets === undefined && optional !== true);

interface Sent {
  /** In a queue. */
  readonly confirmed: readonly Outgoing[];
  readonly returned: readonly Outgoing[];
  /** Neither confirmed nor returned, or returned though it was for one of our own queues. */
  readonly open: readonly Outgoing[];
}

/**
 * Publishes what a committed decision makes known, until it is confirmed: only then is the input acknowledged.
 * An attempt whose lane nobody has declared goes to its queue; one that no queue wants is put back, uncounted, through its run's inbox
 * (`NO_QUEUE`).
 */
export class PublishOutgoing {
  constructor(
    private readonly publisher: Pick<Publisher, 'publish'>,
    private readonly names: TopologyNames,
    private readonly logger: BrokerLogger,
    private readonly mayShare: MayShare = () => false,
  ) {}

  /**
   * Resolves when everything is confirmed or put back, with what is not: nobody has been told that. Gives up after about a minute, and
   * when the publisher is closed, so that a broker that stays away does not fill the memory: every message can be derived from a row
   * that the watch will find due.
   */
  async publish(outgoing: readonly Outgoing[]): Promise<readonly Outgoing[]> {
    const { confirmed, returned, open } = await this.send(packAttempts(outgoing, this.mayShare));
    const told = confirmed.flatMap(({ whenTold }) => (whenTold === undefined ? [] : [whenTold]));
    const unwanted = returned.filter(({ otherwise }) => otherwise === undefined);
    const next = [...returned.flatMap(({ otherwise }) => otherwise ?? []), ...this.putBack(unwanted), ...told];
    return next.length === 0 ? open : [...open, ...(await this.publish(next))];
  }

  private async send(outgoing: readonly Outgoing[]): Promise<Sent> {
    const confirmed: Outgoing[] = [];
    const returned: Outgoing[] = [];
    let open = outgoing;
    for (let tries = 1; open.length > 0; tries += 1) {
      const outcomes = await this.publisher.publish(open);
      confirmed.push(...open.filter((_, index) => outcomes[index]?.kind === 'confirmed'));
      returned.push(...open.filter((message, index) => outcomes[index]?.kind === 'returned' && message.tickets !== undefined));
      const failure = outcomes.find((outcome) => outcome.kind === 'failed');
      open = open.filter((message, index) => isUntold(message, outcomes[index]));
      const isClosed = failure?.kind === 'failed' && failure.cause.code === 'CLOSED';
      if (open.length === 0 || isClosed || tries >= MOST_TRIES) break;
      const reason = failure?.kind === 'failed' ? failure.cause.message : 'no queue wanted them';
      this.logger.warn({ messages: open.length, tries, reason }, 'not published, trying again');
      await new Promise((resolve) => setTimeout(resolve, growingMs(tries, FIRST_PAUSE_MS, LONGEST_PAUSE_MS)));
    }
    return { confirmed, returned, open };
  }

  private putBack(unwanted: readonly Outgoing[]): readonly Outgoing[] {
    const holds = unwanted.flatMap(({ tickets = [] }) =>
      tickets.map(
        ({ run, version, node, at, fence }) => ({ kind: 'hold', run, version, node, at, fence, reason: 'NO_QUEUE' }) as const,
      ),
    );
    return packInbox(this.names, holds);
  }
}
