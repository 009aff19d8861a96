/** One thing to change in a document. */
export interface Problem {
  /** `tasks.charge.retry.maximumAttempts`, `on[0].if`; empty: the document as a whole. */
  readonly path: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
  readonly message: string;
  readonly hint: string | null;
}

/** A place in the document: `offset` counts UTF-16 units from its start. */
export interface Where {
  readonly path: string;
  readonly offset: number;
}

interface Found extends Where {
  readonly message: string;
  readonly hint: string | null;
}

/** Collects what is wrong, so that a person sees everything at once. */
export class Report {
  private readonly problems: Found[] = [];
  private readonly warnings: Found[] = [];
  private readonly lineStarts: readonly number[];

  constructor(readonly text: string) {
    this.lineStarts = [0, ...Array.from(text.matchAll(/\r\n|\n|\r/g), (match) => match.index + match[0].length)];
  }

  refuse({ path, offset }: Where, message: string, hint: string | null = null): void {
    this.problems.push({ path, offset, message, hint });
  }

  warn({ path, offset }: Where, message: string, hint: string | null): void {
    this.warnings.push({ path, offset, message, hint });
  }

  get isClean(): boolean {
    return this.problems.length === 0;
  }

  get problemCount(): number {
    return this.problems.length;
  }

  listProblems(maximum: number): Problem[] {
    return this.list(this.problems, maximum);
  }

  listWarnings(maximum: number): Problem[] {
    return this.list(this.warnings, maximum);
  }

  position(offset: number): { readonly line: number; readonly column: number } {
    let low = 0;
    let high = this.lineStarts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.lineStart(middle) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - this.lineStart(low) + 1 };
  }

  /** The opposite of `position`. */
  offsetOf(line: number, column: number): number {
    return this.lineStart(line - 1) + column - 1;
  }

  /** The text of a line, counted from 1, without its line break. */
  line(number: number): string {
    return this.text.slice(this.lineStart(number - 1), this.lineStarts[number] ?? this.text.length).replace(/[\r\n]+$/, '');
  }

  private lineStart(index: number): number {
    return this.lineStarts[index] ?? this.text.length;
  }

  private list(found: readonly Found[], maximum: number): Problem[] {
    return found
      .toSorted((a, b) => a.offset - b.offset)
      .slice(0, maximum)
      .map(({ path, offset, message, hint }) => ({ path, ...this.position(offset), message, hint }));
  }
}
