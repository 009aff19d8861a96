import { parseInstant } from '@reprise/core';
import { closestName, type ProblemDetail, ProblemError } from '@reprise/service';

const RATE = /^([1-9]\d{0,4})\/(s|m|h)$/;
const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** Fields of a query string or a body, read one by one, and refused together with everything that is wrong with them. */
export class FieldsReader {
  private readonly errors: ProblemDetail[] = [];
  private readonly asked: string[] = [];
  private readonly fields: Readonly<Record<string, unknown>>;

  constructor(
    given: unknown,
    private readonly from: 'query' | 'body',
  ) {
    const isMap = typeof given === 'object' && given !== null && !Array.isArray(given);
    this.fields = isMap ? (given as Readonly<Record<string, unknown>>) : {};
    if (!isMap && given !== undefined && given !== null) this.errors.push({ path: '', message: 'the body must be an object' });
  }

  text(name: string, longest = 1_000): string | null {
    const value = this.value(name);
    if (value === undefined) return null;
    if (typeof value === 'string' && value.length <= longest && value.isWellFormed() && !value.includes('\0')) return value;
    this.refuse(name, `must be text of at most ${longest} characters`);
    return null;
  }

  count(name: string, otherwise: number, least: number, most: number): number {
    const value = this.value(name);
    if (value === undefined) return otherwise;
    const count = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
    if (typeof count === 'number' && Number.isInteger(count) && count >= least && count <= most) return count;
    this.refuse(name, `must be a whole number from ${least} to ${most}`);
    return otherwise;
  }

  flag(name: string): boolean {
    const value = this.value(name);
    if (typeof value !== 'boolean' && value !== undefined) this.refuse(name, 'must be true or false');
    return value === true;
  }

  /** Epoch milliseconds. */
  instant(name: string): number | null {
    const text = this.text(name);
    const instant = text === null ? null : parseInstant(text);
    if (text !== null && instant === null) this.refuse(name, 'must be a time such as 2030-01-31T09:00:00Z');
    return instant;
  }

  /** Milliseconds from one to the next; 0: as fast as it goes. */
  rate(name: string): number {
    const text = this.text(name);
    if (text === null) return 0;
    const [, count = '', unit = ''] = RATE.exec(text) ?? [];
    if (unit === 's' || unit === 'm' || unit === 'h') return UNIT_MS[unit] / Number(count);
    this.refuse(name, 'must be a number in a time: 10/s, 30/m, 100/h');
    return 0;
  }

  refuse(path: string, message: string): void {
    this.errors.push({ path, message });
  }

  /** @throws ProblemError when a field is wrong, or none that was asked for */
  check(status: 400 | 422): void {
    for (const name of Object.keys(this.fields)) {
      if (this.asked.includes(name)) continue;
      const closest = closestName(name, this.asked);
      this.refuse(name, `unknown field "${name}"${closest === null ? '' : `, did you mean "${closest}"?`}`);
    }
    const [first] = this.errors;
    if (first === undefined) return;
    const detail = first.path === '' ? first.message : `${first.path}: ${first.message}`;
    throw new ProblemError({ status, code: status === 400 ? 'invalid_query' : 'invalid_body', detail, errors: this.errors });
  }

  private value(name: string): unknown {
    this.asked.push(name);
    const value = this.fields[name];
    // What a form leaves empty is not given, as in all other lists.
    return value === null || (value === '' && this.from === 'query') ? undefined : value;
  }
}
