import { BudgetExceeded } from './expression-error.js';
import { isList, Special, type Value } from './value.js';

/** Text that JSON writes as it is, one byte a character. */
const PLAIN_TEXT = /^[ !#-[\]-~]*$/;
const utf8 = new TextEncoder();

/** Counts what values take as JSON text, and stops as soon as that is too much: shared parts count every time they are written. */
export class OutputMeter {
  bytes = 0;

  constructor(
    private readonly maxBytes: number,
    private readonly maxDepth: number,
  ) {}

  /** Throws BudgetExceeded. True if something in the value is no JSON yet. `depth`: how many containers it is inside of. */
  add(value: Value, depth: number): boolean {
    if (typeof value === 'string') this.count(textBytes(value));
    else if (typeof value !== 'object' || value === null) this.count(String(value).length);
    else if (value instanceof Special) return this.add(value.toJson(), depth) || true;
    else return this.addContainer(value, depth);
    return false;
  }

  private addContainer(value: readonly Value[] | { readonly [key: string]: Value }, depth: number): boolean {
    if (depth >= this.maxDepth) throw new BudgetExceeded(`its result is nested deeper than ${this.maxDepth} levels`);
    let special = false;
    if (isList(value)) {
      this.count(Math.max(2, value.length + 1));
      for (const item of value) special = this.add(item, depth + 1) || special;
      return special;
    }
    const keys = Object.keys(value);
    this.count(Math.max(2, keys.length * 2 + 1));
    for (const key of keys) {
      this.count(textBytes(key));
      special = this.add(value[key] ?? null, depth + 1) || special;
    }
    return special;
  }

  private count(bytes: number): void {
    this.bytes += bytes;
    if (this.bytes > this.maxBytes) throw new BudgetExceeded(`its result is larger than ${this.maxBytes} bytes of JSON`);
  }
}

function textBytes(text: string): number {
  return PLAIN_TEXT.test(text) ? text.length + 2 : utf8.encode(JSON.stringify(text)).length;
}
