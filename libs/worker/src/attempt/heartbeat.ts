import { type JsonText, parseJsonText, toJsonText } from '@reprise/core';
import type { SecretMask } from './redact-secrets.js';

/** Characters of JSON that are kept of `progress`: it is for people to look at, and written with every renewal. */
const LONGEST_PROGRESS = 4_096;

/**
 * The last word of a running attempt. What it says is read when it is written into the row, not with every beat: a handler may beat
 * thousands of times between two renewals.
 */
export class Heartbeat {
  constructor(
    /** Epoch milliseconds of this machine. */
    private readonly at: number,
    private readonly progress: unknown,
    private readonly mask: SecretMask,
  ) {}

  /** For the row. Never throws: what cannot be shown must not keep leases from being renewed. */
  under(fence: number): JsonText {
    return toJsonText({ fence, at: this.at, progress: parseJsonText(this.shown()) });
  }

  private shown(): JsonText {
    try {
      const text = this.mask.json(toJsonText(this.progress ?? null));
      return text.length <= LONGEST_PROGRESS ? text : toJsonText(`progress of ${text.length} characters is too large to keep`);
    } catch {
      return toJsonText('progress that is no JSON');
    }
  }
}
