import { type Json, type JsonText, type Outcome, parseJsonText, type TaskError, toJsonText } from '@reprise/core';

const MASK = '***';
/** Shorter ones would blot out half of any text. */
const SHORTEST = 4;

/** Blots secrets out of what an attempt leaves behind: inside strings, keys and numbers, never in the structure around them. */
export class SecretMask {
  private readonly needles: readonly string[];
  private readonly values: ReadonlySet<string>;

  /** Length of the longest needle: what is cut off a text may leave one less of it. */
  readonly longest: number;

  constructor(values: readonly string[]) {
    const long = [...new Set(values)].filter((value) => value.length >= SHORTEST);
    this.values = new Set(long);
    // Texts often hold JSON, where a quote or a line break is written otherwise. Longest first: one secret may begin another.
    const needles = new Set(long.flatMap((value) => [value, JSON.stringify(value).slice(1, -1)]));
    this.needles = [...needles].sort((a, b) => b.length - a.length);
    this.longest = this.needles[0]?.length ?? 0;
  }

  /** For texts that are seen line by line: a secret of several lines is one of its lines, too. */
  static ofLines(values: readonly string[]): SecretMask {
    return new SecretMask(values.flatMap((value) => [value, ...value.split(/\r?\n/)]));
  }

  outcome(outcome: Outcome): Outcome {
    if (this.needles.length === 0) return outcome;
    switch (outcome.kind) {
      case 'succeeded':
        return { ...outcome, output: this.json(outcome.output) };
      case 'failed':
        return { ...outcome, error: this.error(outcome.error) };
      case 'cancelled':
        return outcome;
    }
  }

  error(said: TaskError): TaskError {
    if (this.needles.length === 0) return said;
    const { code, message, details } = said;
    const error = { ...said, code: this.text(code), message: this.text(message) };
    return details === undefined ? error : { ...error, details: this.value(details) };
  }

  json(text: JsonText): JsonText {
    return this.needles.length === 0 ? text : toJsonText(this.value(parseJsonText(text)));
  }

  value(value: Json): Json {
    if (typeof value === 'string') return this.text(value);
    if (typeof value === 'number') return this.values.has(String(value)) ? MASK : value;
    if (Array.isArray(value)) return value.map((item: Json) => this.value(item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [this.text(key), this.value(item)]));
  }

  text(text: string): string {
    return this.needles.reduce((clean, needle) => clean.replaceAll(needle, () => MASK), text);
  }
}
