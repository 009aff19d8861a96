import {
  type AdmissionAnswer,
  type AdmissionRequest,
  admissionKey,
  type DependencyPolicy,
  type RunId,
  type VersionId,
} from '@reprise/core';
import type { AdmissionStore } from '@reprise/ledger';

/** Asks whether attempts may start, once for each: a decision that is taken a second time must not take a second start. */
export class FetchAdmissions {
  private readonly answers = new Map<string, AdmissionAnswer>();

  constructor(
    private readonly store: AdmissionStore,
    private readonly policy: DependencyPolicy,
  ) {}

  /** By `admissionKey`. */
  async fetch(
    asker: { readonly run: RunId; readonly version: VersionId },
    requests: readonly AdmissionRequest[],
    now: number,
  ): Promise<ReadonlyMap<string, AdmissionAnswer>> {
    const keyOf = (request: AdmissionRequest): string => `${asker.run}/${admissionKey(request)}`;
    const open = requests.filter((request) => !this.answers.has(keyOf(request)));
    for (const [index, answer] of (await this.store.ask(asker, open, this.policy, now)).entries()) {
      const request = open[index];
      if (request !== undefined) this.answers.set(keyOf(request), answer);
    }
    return new Map(requests.flatMap((request) => pairOf(admissionKey(request), this.answers.get(keyOf(request)))));
  }
}

const pairOf = (key: string, answer: AdmissionAnswer | undefined): readonly (readonly [string, AdmissionAnswer])[] =>
  answer === undefined ? [] : [[key, answer]];
