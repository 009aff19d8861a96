import type { LogLevel, LogLine } from '@reprise/contracts';
import { type Json, type JsonText, parseJsonText, toJsonText } from '@reprise/core';
import type { AttemptLogger } from '../handlers/attempt.js';
import type { SecretMask } from './redact-secrets.js';

/** Of one line: so much is looked at for secrets, so much of that is kept. */
const MOST_READ = 16_000;
const MOST_KEPT = 4_000;
const MOST_FIELDS = 4_000;
/** Of one attempt: of its beginning, and as much of its end. */
const HALF_LINES = 1_000;
const HALF_CHARACTERS = 131_072;

interface RawLine {
  readonly atMs: number;
  readonly level: LogLevel;
  readonly source: LogLine['source'];
  readonly text: string;
  readonly cut: boolean;
  readonly fields: JsonText | null;
}

export interface TakenLines {
  readonly lines: readonly LogLine[];
  /** How many were left out before them. */
  readonly skipped: number;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * What one attempt writes: its beginning, given out as it comes, and its end, given out once it has ended; what lies between is counted,
 * not kept.
 */
export class AttemptLog implements AttemptLogger {
  private fresh: RawLine[] = [];
  private tail: RawLine[] = [];
  private headLines = 0;
  private headCharacters = 0;
  private tailCharacters = 0;
  private skipped = 0;
  private ended = false;

  constructor(
    private readonly mask: SecretMask,
    private readonly now: () => number,
    /** There is something to give out. */
    private readonly onFresh: () => void,
  ) {}

  debug(message: string, fields?: Fields): void {
    this.add('debug', 'log', message, fields);
  }

  info(message: string, fields?: Fields): void {
    this.add('info', 'log', message, fields);
  }

  warn(message: string, fields?: Fields): void {
    this.add('warn', 'log', message, fields);
  }

  error(message: string, fields?: Fields): void {
    this.add('error', 'log', message, fields);
  }

  output(stream: 'stdout' | 'stderr', line: string): void {
    this.add('info', stream, line);
  }

  /** What is written from now on is not kept: the attempt is decided. */
  end(): void {
    this.ended = true;
  }

  /** What has come since the last time; null: nothing. */
  take(): TakenLines | null {
    const tail = this.ended ? this.tail : [];
    const raw = [...this.fresh, ...tail];
    if (raw.length === 0) return null;
    this.fresh = [];
    if (!this.ended) return { lines: raw.map((line) => this.shown(line)), skipped: 0 };
    this.tail = [];
    // With the gap between them the beginning goes on its own.
    if (this.skipped > 0 && raw.length > tail.length) {
      this.tail = tail;
      return { lines: raw.slice(0, raw.length - tail.length).map((line) => this.shown(line)), skipped: 0 };
    }
    return { lines: raw.map((line) => this.shown(line)), skipped: this.skipped };
  }

  private add(level: LogLevel, source: LogLine['source'], message: unknown, fields?: Fields): void {
    if (this.ended) return;
    const said = typeof message === 'string' ? message : textOf(message);
    const given = fields === undefined ? null : fieldsText(fields);
    const text = said.slice(0, MOST_READ);
    const line = { atMs: this.now(), level, source, text, cut: said.length >= MOST_READ, fields: given };
    const characters = text.length + (given?.length ?? 0);
    if (this.headLines < HALF_LINES && this.headCharacters + characters <= HALF_CHARACTERS && this.tail.length === 0) {
      this.headLines += 1;
      this.headCharacters += characters;
      this.fresh.push(line);
      if (this.fresh.length === 1) this.onFresh();
      return;
    }
    this.tail.push(line);
    this.tailCharacters += characters;
    while (this.tail.length > HALF_LINES || this.tailCharacters > HALF_CHARACTERS) this.leaveOut();
  }

  private leaveOut(): void {
    const oldest = this.tail.shift();
    if (oldest === undefined) return;
    this.tailCharacters -= oldest.text.length + (oldest.fields?.length ?? 0);
    this.skipped += 1;
  }

  private shown({ atMs, level, source, text, cut, fields }: RawLine): LogLine {
    const clean = this.mask.text(text);
    // Half a secret at the edge is none that the mask knows.
    const whole = cut ? clean.slice(0, Math.max(0, clean.length - this.mask.longest)) : clean;
    return {
      at: new Date(atMs).toISOString(),
      level,
      source,
      message: storable(whole.slice(0, MOST_KEPT)),
      fields: fields === null ? null : this.mask.value(parseJsonText(fields)),
      cut: cut || whole.length > MOST_KEPT,
    };
  }
}

/** Neither is text to a database. */
const storable = (text: string): string => text.toWellFormed().replaceAll('\0', '\uFFFD');

function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return '(no text)';
  }
}

/** A log never fails: what JSON cannot hold, or is too large, is told to be missing. */
function fieldsText(fields: Fields): JsonText {
  try {
    const text = toJsonText(fields);
    return text.length <= MOST_FIELDS ? text : missing(`${text.length} characters, more than ${MOST_FIELDS}`);
  } catch (error) {
    return missing(error instanceof Error ? error.message : 'no JSON');
  }
}

const missing = (why: string): JsonText => toJsonText({ leftOut: why } satisfies Json);
