import { nearestName } from '../expression/index.js';

/** Clocks are put forward (`after` is larger) or back. Offsets are milliseconds to add to an instant for the local time. */
export interface Change {
  /** The first instant of the new offset. */
  readonly at: number;
  readonly before: number;
  readonly after: number;
}

const DAY_MS = 86_400_000;
const CHUNK_DAYS = 32;
/** Of a month each. */
const MOST_CHUNKS = 512;

/** What the clocks on the wall show, and when they are put forward or back. Local times are milliseconds as if they were UTC. */
export class Zone {
  private readonly chunks = new Map<number, readonly Change[]>();

  constructor(private readonly format: Intl.DateTimeFormat) {}

  localAt(instant: number): number {
    const second = Math.floor(instant / 1_000) * 1_000;
    return Date.parse(`${this.format.format(second).replace(' ', 'T')}Z`) + instant - second;
  }

  offsetAt(instant: number): number {
    return this.localAt(instant) - instant;
  }

  /** The first change after `instant` and not after `until`. */
  nextChange(instant: number, until: number): Change | null {
    const last = chunkOf(until);
    for (let chunk = chunkOf(instant); chunk <= last; chunk += 1) {
      const found = this.changesOf(chunk).find(({ at }) => at > instant);
      if (found !== undefined) return found.at <= until ? found : null;
    }
    return null;
  }

  private changesOf(chunk: number): readonly Change[] {
    const known = this.chunks.get(chunk);
    if (known !== undefined) return known;
    const found = this.findChanges(chunk * CHUNK_DAYS * DAY_MS);
    if (this.chunks.size >= MOST_CHUNKS) this.chunks.clear();
    this.chunks.set(chunk, found);
    return found;
  }

  /** Those in (from, from + chunk]; no zone has changed twice within a day and been back where it was. */
  private findChanges(from: number): readonly Change[] {
    const found: Change[] = [];
    let before = this.offsetAt(from);
    for (let day = 1; day <= CHUNK_DAYS; day += 1) {
      const end = from + day * DAY_MS;
      const after = this.offsetAt(end);
      if (after !== before) found.push({ at: this.findChange(end - DAY_MS, end), before, after });
      before = after;
    }
    return found;
  }

  private findChange(from: number, to: number): number {
    const before = this.offsetAt(from);
    let low = from;
    let high = to;
    while (high - low > 1_000) {
      const middle = Math.floor((low + high) / 2_000) * 1_000;
      if (this.offsetAt(middle) === before) low = middle;
      else high = middle;
    }
    return high;
  }
}

const chunkOf = (instant: number): number => Math.ceil(instant / (CHUNK_DAYS * DAY_MS)) - 1;

export type ParsedZone =
  | { readonly kind: 'ok'; readonly zone: Zone }
  | { readonly kind: 'bad'; readonly message: string; readonly hint: string };

const EXAMPLE = 'a zone of the IANA database: UTC, Europe/Berlin, America/New_York';
/** Three capitals that are zones; others (IST, CST) mean several places, and what a runtime takes them for is chance. */
const ABBREVIATIONS = new Set(['UTC', 'GMT', 'CET', 'EET', 'MET', 'WET', 'EST', 'MST', 'HST']);

const parsed = new Map<string, ParsedZone>();

/** A zone by its IANA name, as this machine's ICU knows it. */
export function parseZone(name: string): ParsedZone {
  const known = parsed.get(name);
  if (known !== undefined) return known;
  const zone = readZone(name);
  // Names come from documents: only those that mean something are kept.
  if (zone.kind === 'ok') parsed.set(name, zone);
  return zone;
}

function readZone(name: string): ParsedZone {
  const format = /^[A-Z]{3}$/.test(name) && !ABBREVIATIONS.has(name) ? null : formatOf(name);
  if (format !== null) return { kind: 'ok', zone: new Zone(format) };
  return { kind: 'bad', message: `${JSON.stringify(name.slice(0, 60))} is not a time zone`, hint: hintFor(name) };
}

/** Swedes write 2026-03-29 03:00:00. */
function formatOf(name: string): Intl.DateTimeFormat | null {
  try {
    return new Intl.DateTimeFormat('sv-SE', {
      timeZone: name,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
  } catch {
    return null;
  }
}

function hintFor(name: string): string {
  if (/^([A-Z]{3})?[+-]\d/.test(name)) return `an offset does not say when clocks change: ${EXAMPLE}`;
  const zones = ['UTC', ...Intl.supportedValuesOf('timeZone')];
  const place = name.slice(0, 100).toLowerCase().replaceAll(' ', '_');
  const inside = zones.find((zone) => zone.toLowerCase().endsWith(`/${place}`));
  const near = inside ?? nearestName(name.slice(0, 100), zones);
  return near === null ? EXAMPLE : `did you mean \`${near}\`?`;
}
