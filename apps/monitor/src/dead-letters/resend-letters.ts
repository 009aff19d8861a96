import type { BrokerConnection } from '@reprise/broker';
import type { DeadLetterStore } from '@reprise/ledger';
import type { Metrics } from '@reprise/service';
import { LOOK_IN_MS } from './redrive-letter.js';
import type { SendLetter } from './send-letter.js';

/** Sends what was decided to be sent again and may not have arrived: whoever decided it may be dead. */
export class ResendLetters {
  constructor(
    private readonly letters: Pick<DeadLetterStore, 'takeRedrive'>,
    private readonly sendLetter: SendLetter,
    private readonly connection: Pick<BrokerConnection, 'state'>,
    private readonly metrics: Metrics,
  ) {}

  async look(): Promise<'again' | 'rest'> {
    if (this.connection.state().kind !== 'connected') return 'rest';
    const letter = await this.letters.takeRedrive(LOOK_IN_MS);
    if (letter === null) return 'rest';
    if ((await this.sendLetter.send(letter)) === 'redriven')
      this.metrics.counter('reprise_reconciled_total', { kind: 'redrive' }).inc();
    return 'again';
  }
}
