import { type Publisher, type PublishOutcome, replyCodeOf } from '@reprise/broker';
import type { TopologyNames } from '@reprise/contracts';
import type { DeadLetter, DeadLetterStore } from '@reprise/ledger';
import { faultPoint, type Logger } from '@reprise/service';
import { messageOf, originOf } from './letter-origin.js';

export interface SendLetterOptions {
  readonly letters: Pick<DeadLetterStore, 'finishRedrive' | 'reopen'>;
  /** Of its own: an exchange that is gone closes the channel, and with it whatever is in flight there. */
  readonly publisher: Pick<Publisher, 'publish'>;
  readonly names: TopologyNames;
  readonly logger: Logger;
}

/** `unknown`: the broker has not said that it has it; it is sent again. */
export type Sent = 'redriven' | 'reopened' | 'unknown';

/** Sends a letter whose redrive is decided, and writes down what came of it. Dying in between it is sent again. */
export class SendLetter {
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: SendLetterOptions) {}

  /** One at a time, so that a channel which the broker closes was closed for this letter and no other. */
  send(letter: DeadLetter): Promise<Sent> {
    const sending = this.last.then(() => this.sendNow(letter));
    this.last = sending.catch(() => undefined);
    return sending;
  }

  private async sendNow(letter: DeadLetter): Promise<Sent> {
    const { letters, publisher, names, logger } = this.options;
    await faultPoint('redrive.after-commit');
    const origin = originOf(letter, names);
    const [outcome] = origin === null ? [] : await publisher.publish([messageOf(letter, origin)]);
    await faultPoint('redrive.after-publish');
    const error = outcome === undefined ? 'it is known to no exchange' : refusalOf(outcome);
    if (error !== null) {
      logger.warn({ letter: letter.id, error }, 'a dead letter could not be sent again');
      await letters.reopen(letter.id, error);
      return 'reopened';
    }
    if (outcome?.kind !== 'confirmed') return 'unknown';
    await letters.finishRedrive(letter.id);
    return 'redriven';
  }
}

/** Why the broker will never take it, as things are; null: it has it, or may have. */
function refusalOf(outcome: PublishOutcome): string | null {
  switch (outcome.kind) {
    case 'confirmed':
      return null;
    case 'returned':
      return 'no queue is bound for it any more';
    case 'failed': {
      const { code, message, cause } = outcome.cause;
      const replyCode = replyCodeOf(cause);
      // 403 not allowed, 404 no such exchange, 406 not acceptable: the broker closed the channel for it.
      const isRefused = code === 'REFUSED' || (replyCode !== undefined && [403, 404, 406].includes(replyCode));
      return isRefused ? message : null;
    }
  }
}
