export type Severity = 'error' | 'warning';
export type DoctorArea = 'broker' | 'database' | 'services';

/** Something that is not as it should be, what would come of it, and how to mend it. */
export interface Finding {
  /** Stable, for programs: `database.missing_index`. */
  readonly rule: string;
  readonly area: DoctorArea;
  readonly severity: Severity;
  /** The queue, table, process … it is about; null: the whole. */
  readonly about: string | null;
  readonly what: string;
  /** The failure that mending it prevents. */
  readonly prevents: string;
  /** A command, a statement or a setting. */
  readonly mend: string;
}

/** What could not be looked at, and how it could be. */
export interface SkippedCheck {
  readonly check: string;
  readonly why: string;
  readonly enable: string;
}

export interface DoctorReport {
  /** RFC 3339. */
  readonly at: string;
  /** Of the build that looked. */
  readonly version: string;
  readonly verdict: 'ok' | Severity;
  readonly findings: readonly Finding[];
  readonly skipped: readonly SkippedCheck[];
  /** How many rules were asked. */
  readonly checked: number;
}

/** What one rule has found: `prevents` and `severity` are the rule's. */
export interface Found {
  readonly about: string | null;
  readonly what: string;
  readonly mend: string;
}

/** One thing that is looked at. Pure: facts in, findings out. */
export interface Rule<Facts> {
  readonly name: string;
  readonly severity: Severity;
  /** For the documentation. */
  readonly checks: string;
  readonly prevents: string;
  readonly find: (facts: Facts) => readonly Found[];
}

export const found = (about: string | null, what: string, mend: string): Found => ({ about, what, mend });

/** Whether a rule with one thing to say says it. */
export const foundIf = (isSo: boolean, what: string, mend: string): readonly Found[] => (isSo ? [found(null, what, mend)] : []);

export function apply<Facts>(area: DoctorArea, rules: readonly Rule<Facts>[], facts: Facts): readonly Finding[] {
  return rules.flatMap(({ name, severity, prevents, find }) =>
    find(facts).map(({ about, what, mend }) => ({ rule: `${area}.${name}`, area, severity, about, what, prevents, mend })),
  );
}
