import { type Outgoing, type TopologyNames, toInbox } from '@reprise/contracts';
import type { BrokerLogger } from './broker-logger.js';
import { growingMs } from './pause.js';
import type { Publisher } from './publisher.js';

/** Publish calls, each of which takes up to the publisher's own timeout; what is left then is the watch's to send. */
const MOST_TRIES = 6;
/** A full queue refuses at once: without a pause all tries would be over in milliseconds. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

interface Sent {
  /** In a queue. */
  readonly confirmed: readonly Outgoing[];
  readonly returned: readonly Outgoing[];
  /** Neither confirmed nor returned. */
  readonly open: readonly Outgoing[];
}

/**
 * Publishes what a committed decision makes known, until it is confirmed: only then is the input acknowledged.
 * An attempt that no queue wants is put back, uncounted, through its run's inbox (`NO_QUEUE`).
 */
export class PublishOutgoing {
  constructor(
    private readonly publisher: Pick<Publisher, 'publish'>,
    private readonly names: TopologyNames,
    private readonly logger: BrokerLogger,
  ) {}

  /**
   * Resolves when everything is confirmed or put back, with what is not: nobody has been told that. Gives up after about a minute, and
   * when the publisher is closed, so that a broker that stays away does not fill the memory: every message can be derived from a row
   * that the watch will find due.
   */
  async publish(outgoing: readonly Outgoing[]): Promise<readonly Outgoing[]> {
    const { confirmed, returned, open } = await this.send(outgoing);
    const next = confirmed.flatMap(({ whenTold }) => (whenTold === undefined ? [] : [whenTold]));
    if (returned.length + next.length === 0) return open;
    const after = await this.send([...returned.map((message) => this.putBack(message)), ...next]);
    return [...open, ...after.open];
  }

  private async send(outgoing: readonly Outgoing[]): Promise<Sent> {
    const confirmed: Outgoing[] = [];
    const returned: Outgoing[] = [];
    let open = outgoing;
    for (let tries = 1; open.length > 0; tries += 1) {
      const outcomes = await this.publisher.publish(open);
      confirmed.push(...open.filter((_, index) => outcomes[index]?.kind === 'confirmed'));
      returned.push(...open.filter((message, index) => outcomes[index]?.kind === 'returned' && message.ticket !== undefined));
      const failure = outcomes.find((outcome) => outcome.kind === 'failed');
      open = open.filter((_, index) => outcomes[index]?.kind === 'failed');
      if (failure?.kind !== 'failed' || failure.cause.code === 'CLOSED' || tries >= MOST_TRIES) break;
      this.logger.warn({ messages: open.length, tries, reason: failure.cause.message }, 'not published, trying again');
      await new Promise((resolve) => setTimeout(resolve, growingMs(tries, FIRST_PAUSE_MS, LONGEST_PAUSE_MS)));
    }
    return { confirmed, returned, open };
  }

  private putBack(message: Outgoing): Outgoing {
    const { ticket } = message;
    if (ticket === undefined) return message;
    const { run, version, node, at, fence } = ticket;
    return toInbox(this.names, [{ kind: 'hold', run, version, node, at, fence, reason: 'NO_QUEUE' }]);
  }
}
