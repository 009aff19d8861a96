/** Something that does not happen as often as in one attempt that nothing disturbs. */
export interface Problem {
  /** `the first attempt dies after provider.charge` */
  readonly scenario: string;
  /** `provider.charge({"cents":5})`; null: the task itself. */
  readonly action: string | null;
  /** How often it has taken place. */
  readonly times: number;
  readonly sentence: string;
}

/** A task that a person, or `onInDoubt: fail`, has to end: nothing happened twice, and nobody knows what happened. */
export interface Doubt {
  readonly scenario: string;
  readonly code: string;
  readonly message: string;
}

/** What the scenarios have shown. */
export class Proof {
  constructor(
    readonly problems: readonly Problem[],
    /** What was tried. */
    readonly scenarios: readonly string[],
    readonly inDoubt: readonly Doubt[],
  ) {}

  get idempotent(): boolean {
    return this.problems.length === 0;
  }

  /** To be read: what goes wrong, and when. */
  toString(): string {
    const count = this.scenarios.length;
    const [head, lines] = this.idempotent
      ? [`idempotent in ${count} scenarios`, []]
      : [`not idempotent: ${this.problems.length} problems in ${count} scenarios`, this.problems.map(({ sentence }) => sentence)];
    const doubts = this.inDoubt.map(({ scenario, code, message }) => `in doubt when ${scenario}: ${code}, ${message}`);
    return [head, ...lines.map((line) => `  ${line}`), ...doubts.map((line) => `  ${line}`)].join('\n');
  }
}
