import { hostname } from 'node:os';
import { type AmqpStrategy, type BrokerConnection, ControlChannel, Publisher } from '@reprise/broker';
import { decodeHint, encodeHint } from '@reprise/contracts';
import { type Database, MemberStore } from '@reprise/ledger';
import type { Logger, ServiceContext } from '@reprise/service';
import { ShareInboxes } from './share-inboxes.js';

/** How this scheduler and the others know of each other: lease rows, and hints that one came or went. */
export class SchedulerMembership {
  readonly share: ShareInboxes;
  private readonly publisher: Publisher;
  private readonly control: ControlChannel;
  private readonly logger: Logger;
  private started = false;

  constructor(
    { settings, clock, metrics, logger }: ServiceContext,
    database: Database,
    connection: BrokerConnection,
    strategy: AmqpStrategy,
  ) {
    this.logger = logger;
    this.publisher = new Publisher(connection, { logger });
    this.share = new ShareInboxes({
      id: `scheduler/${hostname()}/${process.pid}/${clock.uuid().slice(0, 8)}`,
      leaseMs: settings.leaseMs,
      members: new MemberStore(database),
      giveWay: (shard) => strategy.giveWay(connection.names.inboxQueue(shard)),
      tell: async () => {
        // Who cannot be told finds out at its next look; a stop must not wait for a broker that is away.
        if (connection.publishing.state().kind !== 'connected') return;
        await this.control.publish({ body: encodeHint({ kind: 'schedulers' }) });
      },
      metrics,
      clock,
      logger,
    });
    this.control = new ControlChannel(connection, {
      publisher: this.publisher,
      logger,
      onHint: ({ body }) => {
        if (decodeHint(body)?.kind === 'schedulers') void this.share.look();
      },
    });
  }

  async start(): Promise<void> {
    this.started = true;
    // Heard before it is said: two that start together must not miss each other.
    await this.control.start();
    await this.share.start();
  }

  /** Never rejects: where the ledger does not answer, the lease ends by itself. */
  async leave(): Promise<void> {
    if (!this.started) return;
    await this.share.leave().catch((error: unknown) => this.logger.warn({ error }, 'this scheduler could not say goodbye'));
  }

  async close(): Promise<void> {
    await this.control.stop();
    await this.publisher.close();
  }
}
