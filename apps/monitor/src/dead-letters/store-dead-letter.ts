import type { Delivery } from '@reprise/broker';
import type { DeadLetterStore } from '@reprise/ledger';
import type { Clock, Logger } from '@reprise/service';

/** Keeps what the broker itself has given up on. Acknowledged once it is stored: a crash in between stores it twice, never not at all. */
export class StoreDeadLetter {
  constructor(
    private readonly letters: DeadLetterStore,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  async store({ body, exchange, routingKey, properties }: Delivery): Promise<void> {
    const { queue, reason } = originOf(properties.headers);
    this.logger.warn({ queue, reason }, 'the broker has given a message up');
    const letter = { id: this.clock.uuidv7(), queue, reason, body, properties: { exchange, routingKey, ...properties } };
    await this.letters.insert([letter]);
  }
}

/** The broker writes where a message died first, and of what. */
function originOf(headers: Readonly<Record<string, unknown>>): { readonly queue: string; readonly reason: string } {
  const queue = headers['x-first-death-queue'];
  const reason = headers['x-first-death-reason'];
  return {
    queue: typeof queue === 'string' ? queue : 'unknown',
    reason: typeof reason === 'string' ? `given up by the broker: ${reason}` : 'published to the dead letters',
  };
}
