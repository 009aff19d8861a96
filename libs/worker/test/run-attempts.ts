import type { AttemptTicket } from '@reprise/contracts';
import type { Json, Outcome } from '@reprise/core';
import type { Claimed } from '@reprise/ledger';
import { silentLogger } from '@reprise/service';
import { LogKeeper } from '../src/attempt/log-keeper.js';
import { RunAttempt, type RunAttemptOptions } from '../src/attempt/run-attempt.js';
import type { Attempt } from '../src/handlers/attempt.js';
import { defineHandler } from '../src/handlers/define-handler.js';
import type { HandlerOptions } from '../src/handlers/handler.js';
import { claimedOf, newTicket } from './attempts.js';

const NO_LEDGER: RunAttemptOptions['effects'] = {
  begin: () => Promise.reject(new Error('this test has no ledger')),
  end: () => Promise.reject(new Error('this test has no ledger')),
};

export type Work = (input: Json, attempt: Attempt) => unknown;

export interface Given {
  readonly ticket?: Partial<AttemptTicket>;
  readonly claimed?: Partial<Claimed>;
  readonly input?: Json;
  readonly handler?: HandlerOptions;
  readonly options?: Partial<RunAttemptOptions>;
}

/** One attempt of a handler that is this work. */
export function attemptAt(
  work: Work,
  { ticket = {}, claimed = {}, input = {}, handler = {}, options = {} }: Given = {},
): RunAttempt {
  const sent = newTicket(ticket);
  return new RunAttempt(sent, claimedOf(sent, input, claimed), defineHandler('pages.fetch', handler, work), {
    effects: NO_LEDGER,
    onAnswered: () => undefined,
    onReplaced: () => undefined,
    readSecret: () => null,
    transactions: null,
    maxOutputBytes: 1_000,
    logs: new LogKeeper({ store: { write: async () => undefined }, logger: silentLogger, now: () => 1_000_000 }),
    leases: { beat: () => undefined },
    logger: silentLogger,
    now: () => 1_000_000,
    ...options,
  });
}

export const run = (work: Work, given?: Given): Promise<Outcome | null> => attemptAt(work, given).run();

export async function failureOf(work: Work, given?: Given): Promise<Extract<Outcome, { kind: 'failed' }>> {
  const outcome = await run(work, given);
  if (outcome?.kind !== 'failed') throw new Error(`not a failure: ${JSON.stringify(outcome)}`);
  return outcome;
}
