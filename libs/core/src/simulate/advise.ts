import { matchesErrorPattern, type PartialRetryPolicy } from '../retry/index.js';
import { type CodeRow, ENOUGH } from './code-table.js';
import type { SimulationReport } from './retry-simulation.js';

/** Worth a look, with the numbers that say so. */
export interface Advice {
  /**
   * `hopeless`: no retry after this code ever succeeded. `too-many`: none did from some attempt on. `gives-up`: tasks that succeeded
   * would not. `beyond`: tasks would go on beyond what is recorded. `peak`: retries would come closer together.
   */
  readonly kind: 'hopeless' | 'too-many' | 'gives-up' | 'beyond' | 'peak';
  readonly code: string | null;
  readonly text: string;
  readonly numbers: Readonly<Record<string, number>>;
}

/** A peak below this many retries of a second harms nobody. */
const HARMLESS_PEAK = 5;

type Facts = Pick<SimulationReport, 'before' | 'after' | 'codes' | 'estimate' | 'givenUp'>;

/** What the numbers say of the proposal, the most telling first. */
export function advise(proposal: PartialRetryPolicy, facts: Facts): readonly Advice[] {
  return [
    ...facts.givenUp.map(adviseGivenUp),
    ...facts.codes.flatMap((row) => adviseCode(proposal, row)),
    ...adviseBeyond(facts),
    ...advisePeak(facts),
  ];
}

function adviseGivenUp({ code, tasks, latestAttempt }: SimulationReport['givenUp'][number]): Advice {
  const text = `${count(tasks, 'task')} that succeeded, by attempt ${latestAttempt} at the latest, would not: given up after ${code}`;
  return { kind: 'gives-up', code, text, numbers: { tasks, latestAttempt } };
}

function adviseCode(proposal: PartialRetryPolicy, { code, retried, recovered, byAttempt }: CodeRow): readonly Advice[] {
  // Losses have a budget of their own, which no list touches.
  if (code === 'LOST' || (proposal.nonRetryable ?? []).some((pattern) => matchesErrorPattern(pattern, code))) return [];
  const best = byAttempt.findLast((each) => each.recovered > 0)?.attempt ?? 1;
  const vain = byAttempt.filter(({ attempt }) => attempt > best);
  const tried = vain.reduce((sum, each) => sum + each.retried, 0);
  const { maximumAttempts = 0 } = proposal;
  const [first, last] = [vain[0], vain.at(-1)];
  if (first === undefined || last === undefined || tried < ENOUGH) return [];
  if (maximumAttempts > 0 && maximumAttempts <= best) return [];
  const [from, to] = [first.attempt, last.attempt];
  const range = from === to ? `attempt ${from}` : `attempts ${from}–${to}`;
  const numbers = { from, to, retried: tried };
  const never = `${range} never succeeded after ${code} (${tried} tried)`;
  if (recovered === 0) return [{ kind: 'hopeless', code, text: `${never}: make it non-retryable`, numbers }];
  const text = `${never}, ${recovered} of ${retried} retries did until then: ${best} attempts are enough for it`;
  return [{ kind: 'too-many', code, text, numbers: { ...numbers, enough: best, recovered } }];
}

function adviseBeyond({ after: { unknown }, estimate }: Facts): readonly Advice[] {
  if (unknown === 0) return [];
  const { succeeded, fromAttempt, fromCode } = estimate;
  const known = fromAttempt + fromCode;
  const expected =
    known === 0 ? 'nothing recorded tells how that ends' : `about ${round(succeeded)} of ${known} would succeed at once`;
  const text = `${count(unknown, 'task')} would be tried more often than recorded: ${expected}`;
  return [{ kind: 'beyond', code: null, text, numbers: { unknown, estimated: known, succeeded: round(succeeded) } }];
}

function advisePeak({ before, after }: Facts): readonly Advice[] {
  const [was, is] = [before.peakRetries?.perSecond ?? 0, after.peakRetries?.perSecond ?? 0];
  if (is < HARMLESS_PEAK || is <= 1.5 * was) return [];
  const text = `up to ${is} retries would begin in one second, instead of ${was}: a longer initialInterval or more jitter spreads them`;
  return [{ kind: 'peak', code: null, text, numbers: { before: was, after: is } }];
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

const round = (value: number): number => Math.round(value * 10) / 10;
