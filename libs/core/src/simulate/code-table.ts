import { type RecordedTask, verdictOf } from './recorded-task.js';

/** Later attempts than this are counted together. */
export const LAST_COUNTED_ATTEMPT = 20;
/** Codes shown; handlers may make up as many as they like. */
const MOST_CODES = 50;
const OTHER_CODES = '(other)';
/** Fewer observations are no rate. */
export const ENOUGH = 10;

/** What was recorded of an error code. */
export interface CodeRow {
  readonly code: string;
  /** Attempts that failed with it. */
  readonly failures: number;
  /** Attempts that came right after such a failure, and how many of these succeeded. */
  readonly retried: number;
  readonly recovered: number;
  /** The same by the number of the attempt that came after; the last one counts all later ones too. */
  readonly byAttempt: readonly RetriedAs[];
}

export interface RetriedAs {
  readonly attempt: number;
  readonly retried: number;
  readonly recovered: number;
}

interface Counted {
  failures: number;
  readonly byAttempt: Map<number, { retried: number; recovered: number }>;
}

/** Counts which failures went away when they were tried again, and at which attempt. */
export class CodeTable {
  private readonly codes = new Map<string, Counted>();

  add({ attempts }: RecordedTask): void {
    for (const [index, attempt] of attempts.entries()) {
      const code = verdictOf(attempt)?.code;
      if (code === undefined) continue;
      const counted = this.of(code);
      counted.failures += 1;
      const next = attempts[index + 1];
      if (next === undefined) continue;
      const number = Math.min(index + 2, LAST_COUNTED_ATTEMPT);
      const as = counted.byAttempt.get(number) ?? { retried: 0, recovered: 0 };
      as.retried += 1;
      if (next.outcome === 'succeeded') as.recovered += 1;
      counted.byAttempt.set(number, as);
    }
  }

  /** Those that failed most often first. */
  rows(): readonly CodeRow[] {
    return [...this.codes].map(rowOf).sort((a, b) => b.failures - a.failures || (a.code < b.code ? -1 : 1));
  }

  private of(code: string): Counted {
    const known = this.codes.get(code);
    if (known !== undefined) return known;
    const name = this.codes.size < MOST_CODES ? code : OTHER_CODES;
    const counted = this.codes.get(name) ?? { failures: 0, byAttempt: new Map() };
    this.codes.set(name, counted);
    return counted;
  }
}

function rowOf([code, { failures, byAttempt }]: readonly [string, Counted]): CodeRow {
  const rows = [...byAttempt].map(([attempt, as]) => ({ attempt, ...as })).sort((a, b) => a.attempt - b.attempt);
  return {
    code,
    failures,
    retried: rows.reduce((sum, { retried }) => sum + retried, 0),
    recovered: rows.reduce((sum, { recovered }) => sum + recovered, 0),
    byAttempt: rows,
  };
}

/** What may be expected of an attempt that was never made, and from what: the same attempt after the same code, else any after it. */
export function recoveryRate(
  rows: readonly CodeRow[],
  code: string,
  attempt: number,
): { readonly from: 'attempt' | 'code'; readonly rate: number } | null {
  const row = rows.find((each) => each.code === code);
  const same = row?.byAttempt.find((each) => each.attempt === Math.min(attempt, LAST_COUNTED_ATTEMPT));
  if (same !== undefined && same.retried >= ENOUGH) return { from: 'attempt', rate: same.recovered / same.retried };
  if (row !== undefined && row.retried >= ENOUGH) return { from: 'code', rate: row.recovered / row.retried };
  return null;
}
