import { classifyError } from './ledger-error.js';

/** The server still works on what is asked about. */
export class StillInProgress extends Error {
  readonly code = '57P03';
}

const PAUSE_MS = 200;
const TRIES = 75;

/** Asks again while the database is away, for a quarter of a minute; after that its absence is the caller's answer. */
export async function untilAvailable<Result>(ask: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      if (classifyError(error) !== 'unavailable' || tries >= TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}
