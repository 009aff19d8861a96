import type { Delivery } from '@reprise/broker';
import type { DeadLetterStore } from '@reprise/ledger';
import type { ServiceContext } from '@reprise/service';

/** A message of a task queue that cannot be read or acted on is stored with the reason, before it is acknowledged. */
export async function buryTicket(
  letters: Pick<DeadLetterStore, 'insert'>,
  { clock, logger }: Pick<ServiceContext, 'clock' | 'logger'>,
  queue: string,
  { exchange, routingKey, properties, body }: Delivery,
  reason: string,
): Promise<void> {
  logger.warn({ queue, reason }, 'a message in a task queue cannot be read');
  await letters.insert([{ id: clock.uuidv7(), queue, reason, body, properties: { exchange, routingKey, ...properties } }]);
}
