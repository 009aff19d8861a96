import type { Change } from './read-change.js';

export interface StreamFilter {
  readonly run: string | null;
  readonly workflow: string | null;
  /** What it is now, or what has happened: `running` and `started` both fit `run.started`. */
  readonly status: string | null;
}

/** A change with its place in the stream. */
export interface Numbered extends Change {
  readonly id: string;
}

/** The part of a response that a stream is written to. */
export interface Sink {
  write(text: string): boolean;
  readonly writableLength: number;
}

/** Characters that may wait for a client that reads slowly; what comes while it has more to read is left out, and told. */
const MOST_WAITING = 262_144;

/** One who reads the stream. What a slow one misses is told by an event `lagged`, before what comes next. */
export class Subscriber {
  private missed = 0;
  private isOpen = false;
  private held: Numbered[] = [];

  constructor(
    private readonly filter: StreamFilter,
    private readonly sink: Sink,
    /** Changes that are held while the state of the run is read. */
    private readonly mostHeld = 1_000,
  ) {}

  /** Writes what came first, then what has come meanwhile; from now on changes are passed on. */
  open(first: readonly string[]): void {
    for (const text of first) this.sink.write(text);
    this.isOpen = true;
    const held = this.held;
    this.held = [];
    this.catchUp();
    for (const change of held) this.send(change);
  }

  take(change: Numbered): void {
    const { run, workflow, status } = this.filter;
    if (run !== null && change.run !== run) return;
    if (workflow !== null && change.workflow !== workflow) return;
    if (status !== null && change.status !== status && change.news !== status) return;
    if (this.isOpen) this.send(change);
    else if (this.held.length < this.mostHeld) this.held.push(change);
    else this.missed += 1;
  }

  /** Something was missed, nobody knows how much. */
  gap(): void {
    if (this.isOpen) this.sink.write(laggedText(null));
  }

  /** Call when the client has read what waited for it, and now and then. */
  catchUp(): void {
    if (this.missed === 0 || !this.isOpen || this.isFull()) return;
    this.sink.write(laggedText(this.missed));
    this.missed = 0;
  }

  beat(): void {
    this.catchUp();
    if (!this.isFull()) this.sink.write(': alive\n\n');
  }

  private send(change: Numbered): void {
    this.catchUp();
    if (this.missed > 0 || this.isFull()) this.missed += 1;
    else this.sink.write(changeText(change));
  }

  private isFull(): boolean {
    return this.sink.writableLength > MOST_WAITING;
  }
}

const changeText = ({ id, type, text }: Numbered): string => `id: ${id}\nevent: ${type}\ndata: ${text}\n\n`;

/** `missed` null: not known. */
export const laggedText = (missed: number | null): string => `event: lagged\ndata: ${JSON.stringify({ missed })}\n\n`;

export const snapshotText = (id: string, run: unknown): string => `id: ${id}\nevent: snapshot\ndata: ${JSON.stringify(run)}\n\n`;
