import { type AttemptLogStore, type Claimed, classifyError, type LogPart } from '@reprise/ledger';
import type { Logger } from '@reprise/service';
import { AttemptLog } from './attempt-log.js';
import type { SecretMask } from './redact-secrets.js';

export interface LogKeeperOptions {
  readonly store: Pick<AttemptLogStore, 'write'>;
  readonly logger: Logger;
  /** Epoch milliseconds of this machine. */
  readonly now: () => number;
}

interface Kept {
  readonly log: AttemptLog;
  readonly address: Omit<LogPart, 'part' | 'lines' | 'skipped'>;
  nextPart: number;
}

/** What runs is written so often, what has ended at once. */
const EVERY_MS = 1_000;
/** Attempts of one statement. */
const CHUNK = 100;
/** What could not be written is kept up to this many lines of all attempts; logs are not worth a process. */
const MOST_UNWRITTEN = 20_000;

/**
 * Writes what attempts log, many in one statement: at most one a second while they run, and what has ended together. Nothing waits for
 * it, and an attempt that logs nothing costs nothing.
 */
export class LogKeeper {
  private readonly fresh = new Set<Kept>();
  private unwritten: LogPart[] = [];
  private timer: NodeJS.Timeout | null = null;
  private writing: Promise<void> | null = null;
  private closed = false;

  constructor(private readonly options: LogKeeperOptions) {}

  /** A log for one attempt, and what to do when the attempt is decided. */
  open(claimed: Claimed, attempt: number, mask: SecretMask): { readonly log: AttemptLog; readonly end: () => void } {
    const { run, node, at, fence } = claimed;
    const onFresh = (): void => {
      this.fresh.add(kept);
      this.timer ??= setTimeout(() => this.flush(), EVERY_MS);
    };
    const log = new AttemptLog(mask, this.options.now, onFresh);
    const kept: Kept = { log, address: { run, node, at, attempt, fence }, nextPart: 0 };
    const end = (): void => {
      log.end();
      this.fresh.add(kept);
      this.flush();
    };
    return { log, end };
  }

  /** Writes what there is, once. */
  async close(): Promise<void> {
    this.closed = true;
    do {
      this.flush();
      await this.writing;
    } while (this.fresh.size > 0);
  }

  private flush(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    // What has come meanwhile goes together when the statement in flight is done.
    this.writing ??= this.write().finally(() => {
      this.writing = null;
      const isMore = this.unwritten.length > 0 || this.fresh.size > 0;
      if (isMore && !this.closed) this.timer ??= setTimeout(() => this.flush(), EVERY_MS);
    });
  }

  private async write(): Promise<void> {
    // What ends in the same turn of the loop goes along.
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.collect();
    while (this.unwritten.length > 0) {
      const parts = this.unwritten.slice(0, CHUNK);
      try {
        await this.options.store.write(parts);
      } catch (error) {
        this.options.logger.warn({ error, attempts: parts.length }, 'what attempts have logged could not be written');
        if (classifyError(error) !== 'refused') return;
      }
      this.unwritten = this.unwritten.slice(parts.length);
      this.collect();
    }
  }

  private collect(): void {
    for (const kept of this.fresh) {
      for (let taken = kept.log.take(); taken !== null; taken = kept.log.take()) {
        this.unwritten.push({ ...kept.address, part: kept.nextPart, ...taken });
        kept.nextPart += 1;
      }
    }
    this.fresh.clear();
    let lines = this.unwritten.reduce((sum, part) => sum + part.lines.length, 0);
    while (lines > MOST_UNWRITTEN) lines -= this.unwritten.shift()?.lines.length ?? lines;
  }
}
