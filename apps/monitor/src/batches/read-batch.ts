import type { BatchAction } from '@reprise/contracts';
import { RUN_STATUSES } from '@reprise/core';
import { ALL_RUNS, type RunFilter } from '@reprise/ledger';
import { closestName, type ProblemDetail, ProblemError } from '@reprise/service';
import { readInstant } from '../requests/read-query.js';

export interface AskedBatch {
  readonly filter: RunFilter;
  readonly action: BatchAction;
  readonly rate: number;
  readonly dryRun: boolean;
  readonly reason: string | null;
}

export const BATCH_ACTIONS = ['cancel', 'retry', 'rerun', 'pause', 'resume'] as const satisfies readonly BatchAction[];
const FIELDS = ['filter', 'action', 'rate', 'dryRun', 'reason'] as const;
const FILTERS = ['status', 'workflow', 'label', 'since', 'until', 'q', 'all'] as const;
const RATE = 50;
const MOST_RATE = 500;
const LONGEST_TEXT = 1_000;
const MOST_LABELS = 32;

type Fields = Readonly<Record<string, unknown>>;

/** What is asked of many runs, checked as a whole. @throws ProblemError 422 `invalid_batch` with everything that is wrong with it */
export function readBatch(body: unknown): AskedBatch {
  const reader = new BatchReader();
  const asked = reader.batch(body);
  reader.check();
  return asked;
}

class BatchReader {
  private readonly errors: ProblemDetail[] = [];

  batch(body: unknown): AskedBatch {
    const fields = this.object('', body, FIELDS);
    const action = this.oneOf('action', fields['action'], BATCH_ACTIONS);
    if (fields['action'] === undefined) this.refuse('action', `must be one of ${BATCH_ACTIONS.join(', ')}`);
    const { dryRun = false, rate = RATE } = fields;
    if (typeof dryRun !== 'boolean') this.refuse('dryRun', 'must be true or false');
    if (typeof rate !== 'number' || !Number.isInteger(rate) || rate < 1 || rate > MOST_RATE)
      this.refuse('rate', `must be a whole number of runs a second, from 1 to ${MOST_RATE}`);
    const reason = this.text('reason', fields['reason']);
    const filter = this.filter(fields['filter']);
    return { filter, action: action ?? 'cancel', rate: Number(rate), dryRun: dryRun === true, reason };
  }

  private filter(value: unknown): RunFilter {
    const fields = this.object('filter', value ?? {}, FILTERS);
    const filter = {
      status: this.oneOf('filter.status', fields['status'], RUN_STATUSES),
      workflow: this.text('filter.workflow', fields['workflow']),
      labels: this.labels(fields['label']),
      sinceMs: this.instant('filter.since', fields['since']),
      untilMs: this.instant('filter.until', fields['until']),
      q: this.text('filter.q', fields['q']),
      parent: null,
    };
    const { all = false } = fields;
    if (typeof all !== 'boolean') this.refuse('filter.all', 'must be true, or absent');
    const isEmpty = Object.values(filter).every((each) => each === null);
    if (isEmpty && all !== true && this.errors.length === 0)
      this.refuse('filter', 'chooses nothing: say which runs are meant, or {"all": true} for every one there is');
    if (!isEmpty && all === true) this.refuse('filter.all', 'cannot stand beside other filters: it means every run there is');
    return isEmpty ? ALL_RUNS : filter;
  }

  /** @throws ProblemError with what was refused */
  check(): void {
    const [first] = this.errors;
    if (first === undefined) return;
    const detail = this.errors.map((error) => error.message).join('; ');
    throw new ProblemError({ status: 422, code: 'invalid_batch', detail, errors: this.errors });
  }

  private object(path: string, value: unknown, known: readonly string[]): Fields {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.refuse(path, 'must be an object');
      return {};
    }
    for (const name of Object.keys(value)) {
      if (known.includes(name)) continue;
      const closest = closestName(name, known);
      const meant = closest === null ? `its fields are ${known.join(', ')}` : `did you mean "${closest}"?`;
      this.refuse(path === '' ? name.slice(0, 100) : `${path}.${name.slice(0, 100)}`, `is no field of it; ${meant}`);
    }
    return value as Fields;
  }

  private oneOf<Value extends string>(path: string, value: unknown, allowed: readonly Value[]): Value | null {
    const found = allowed.find((each) => each === value);
    if (value === undefined || value === null || found !== undefined) return found ?? null;
    const closest = typeof value === 'string' ? closestName(value, allowed) : null;
    this.refuse(path, `must be one of ${allowed.join(', ')}${closest === null ? '' : `; did you mean "${closest}"?`}`);
    return null;
  }

  private text(path: string, value: unknown): string | null {
    if (value === undefined || value === null) return null;
    const isText = typeof value === 'string' && value !== '' && value.length <= LONGEST_TEXT && !value.includes('\0');
    if (isText && value.isWellFormed()) return value;
    this.refuse(path, `must be text of at most ${LONGEST_TEXT} characters`);
    return null;
  }

  private instant(path: string, value: unknown): number | null {
    if (value === undefined || value === null) return null;
    const ms = typeof value === 'string' ? readInstant(value) : null;
    if (ms === null) this.refuse(path, 'must be a date or time like 2030-01-31T12:00:00Z');
    return ms;
  }

  private labels(value: unknown): Readonly<Record<string, string>> | null {
    if (value === undefined || value === null) return null;
    const entries = typeof value === 'object' && !Array.isArray(value) ? Object.entries(value) : [];
    const areTexts = entries.every(([name, text]) => isShort(name) && isShort(text));
    if (entries.length > 0 && entries.length <= MOST_LABELS && areTexts) return Object.fromEntries(entries);
    this.refuse('filter.label', `must be an object of 1 to ${MOST_LABELS} short texts, such as {"team": "red"}`);
    return null;
  }

  private refuse(path: string, message: string): void {
    this.errors.push({ path, message: `${path === '' ? 'the body' : path} ${message}` });
  }
}

const isShort = (text: unknown): boolean =>
  typeof text === 'string' && text.length <= 255 && !text.includes('\0') && text.isWellFormed();
