import type { DeadLetterStore } from '@reprise/ledger';
import type { SendLetter, Sent } from './send-letter.js';

/** Longer than a publish may take: nobody else sends it meanwhile. */
export const LOOK_IN_MS = 20_000;

/** Sends a dead letter again: decided and committed first, then published, then settled. */
export class RedriveLetter {
  constructor(
    private readonly letters: Pick<DeadLetterStore, 'beginRedrive'>,
    private readonly sendLetter: SendLetter,
  ) {}

  async redrive(id: string, by: string): Promise<Sent | 'not-open'> {
    const letter = await this.letters.beginRedrive(id, by, LOOK_IN_MS);
    return letter === null ? 'not-open' : this.sendLetter.send(letter);
  }
}
