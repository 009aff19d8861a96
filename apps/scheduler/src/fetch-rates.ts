import { type RateRequest, type RunId, rateKey } from '@reprise/core';
import type { RateStore } from '@reprise/ledger';

/** Asks for starts under rate limits, once for each attempt: a decision that is taken a second time must not take a second start. */
export class FetchRates {
  private readonly answers = new Map<string, number>();

  constructor(private readonly store: RateStore) {}

  /** By `rateKey`. */
  async fetch(run: RunId, requests: readonly RateRequest[], now: number): Promise<ReadonlyMap<string, number>> {
    const keyOf = (request: RateRequest): string => `${run}/${rateKey(request)}`;
    const open = requests.filter((request) => !this.answers.has(keyOf(request)));
    for (const [index, startAt] of (await this.store.ask(open, now)).entries()) {
      const request = open[index];
      if (request !== undefined) this.answers.set(keyOf(request), startAt);
    }
    return new Map(requests.map((request) => [rateKey(request), this.answers.get(keyOf(request)) ?? now]));
  }
}
