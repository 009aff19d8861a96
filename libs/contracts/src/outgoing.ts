import type { AttemptTicket } from './attempt-message.js';

/** A message to publish. `tickets` are there for a dispatch, so that what comes back unrouted can be put back. */
export interface Outgoing {
  readonly exchange: string;
  readonly routingKey: string;
  readonly body: string;
  readonly contentType?: string;
  readonly messageId?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly tickets?: readonly AttemptTicket[];
  /** To be sent where this one finds no queue. */
  readonly otherwise?: Outgoing;
  /** To be sent once the broker has this one in a queue. */
  readonly whenTold?: Outgoing;
  /** Nobody needs to listen: a return is no news. */
  readonly optional?: true;
}
