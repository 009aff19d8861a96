import type { BrokerConnection, Publisher } from '@reprise/broker';
import { approvalEvent } from '@reprise/contracts';
import type { ApprovalEvents } from '@reprise/ledger';
import type { Logger } from '@reprise/service';

/** Events of one round. */
const PAGE = 200;

export interface TellPeopleOptions {
  readonly events: ApprovalEvents;
  readonly connection: Pick<BrokerConnection, 'names' | 'state'>;
  readonly publisher: Pick<Publisher, 'publish'>;
  readonly logger: Logger;
}

/**
 * Publishes what became of approvals, for whoever mails people or shows them what is to be done. Every monitor does this; an event is
 * handed to one of them, and again until the broker has confirmed it: it may be told twice, never not at all.
 */
export class TellPeople {
  constructor(private readonly options: TellPeopleOptions) {}

  /** `again`: there may be more. */
  async tell(): Promise<'again' | 'rest'> {
    const { events, connection, publisher, logger } = this.options;
    // Handing out arms the rows again: without a broker that would only put them off.
    if (connection.state().kind !== 'connected') return 'rest';
    const due = await events.due(PAGE);
    if (due.length === 0) return 'rest';
    const outcomes = await publisher.publish(due.map((news) => approvalEvent(connection.names, news)));
    // Returned: nobody listens.
    const told = due.filter((_, index) => outcomes[index]?.kind !== 'failed');
    await events.markTold(told);
    if (told.length < due.length)
      logger.warn({ events: due.length - told.length }, 'news of approvals were not told; they come again');
    return due.length >= PAGE && told.length > 0 ? 'again' : 'rest';
  }
}
