import { type BrokerConnection, DeliveryConsumer, Publisher } from '@reprise/broker';
import { type Database, DeadLetterStore } from '@reprise/ledger';
import type { ServiceContext } from '@reprise/service';
import { RedriveLetter } from './redrive-letter.js';
import { ResendLetters } from './resend-letters.js';
import { SendLetter } from './send-letter.js';
import { StoreDeadLetter } from './store-dead-letter.js';

const PREFETCH = 20;

/** What a monitor does with dead letters: keeps those of the broker, sends again what people want sent again. */
export class MonitorLetters {
  readonly store: DeadLetterStore;
  readonly redriveLetter: RedriveLetter;
  readonly resend: ResendLetters;
  readonly consumer: DeliveryConsumer;
  /** For letters alone: an exchange that is gone closes the channel. */
  private readonly publisher: Publisher;

  constructor({ clock, logger, metrics }: ServiceContext, database: Database, connection: BrokerConnection) {
    const { names } = connection;
    this.store = new DeadLetterStore(database);
    this.publisher = new Publisher(connection, { logger });
    const sendLetter = new SendLetter({ letters: this.store, publisher: this.publisher, names, logger });
    this.redriveLetter = new RedriveLetter(this.store, sendLetter);
    this.resend = new ResendLetters(this.store, sendLetter, connection, metrics);
    const kept = new StoreDeadLetter(this.store, clock, logger);
    const onDelivery = (delivery: Parameters<StoreDeadLetter['store']>[0]) => kept.store(delivery);
    this.consumer = new DeliveryConsumer(connection, { queue: names.deadQueue, prefetch: PREFETCH, logger, onDelivery });
  }

  close(): Promise<void> {
    return this.publisher.close();
  }
}
