import { type BrokerConnection, type Delivery, ExclusiveListener } from '@reprise/broker';
import type { RunView } from '@reprise/contracts';
import type { Logger } from '@reprise/service';
import { readChange } from './read-change.js';
import { laggedText, type Numbered, type Sink, type StreamFilter, Subscriber, snapshotText } from './subscriber.js';

/** The last changes, for those who come back. */
const MOST_KEPT = 1_000;
export const MOST_SUBSCRIBERS = 500;

export interface RunStreamOptions {
  /** Of this process: places in another one's stream mean nothing here. */
  readonly epoch: string;
  readonly logger: Logger;
}

/** What happens to runs, as this monitor hears it, for everyone who reads along. */
export class RunStream {
  private readonly kept: Numbered[] = [];
  private readonly subscribers = new Set<Subscriber>();
  private count = 0;

  constructor(private readonly options: RunStreamOptions) {}

  /** Hears the lifecycle exchange. */
  listener(connection: BrokerConnection): ExclusiveListener {
    return new ExclusiveListener(connection, {
      exchange: connection.names.lifecycle,
      patterns: ['run.#', 'task.#'],
      logger: this.options.logger,
      onDelivery: (delivery) => this.hear(delivery),
      onGap: () => this.gap(),
    });
  }

  get isFull(): boolean {
    return this.subscribers.size >= MOST_SUBSCRIBERS;
  }

  hear(delivery: Pick<Delivery, 'body'>): void {
    const change = readChange(delivery);
    if (change === null) return;
    this.count += 1;
    const numbered = { ...change, id: this.place() };
    this.kept.push(numbered);
    if (this.kept.length > MOST_KEPT) this.kept.shift();
    for (const subscriber of this.subscribers) subscriber.take(numbered);
  }

  /** What was said while the line was cut is lost: who reads along should look for itself. */
  gap(): void {
    this.kept.length = 0;
    for (const subscriber of this.subscribers) subscriber.gap();
  }

  /** Keeps proxies from closing connections on which nothing happens. */
  beat(): 'rest' {
    for (const subscriber of this.subscribers) subscriber.beat();
    return 'rest';
  }

  /**
   * Begins with what came after `lastId`, or says `lagged` where that is not known any more; with `readRun` with the state of the run.
   * The subscription begins before the state is read, so that no change falls between them.
   */
  async subscribe(
    filter: StreamFilter,
    sink: Sink,
    { lastId, readRun }: { readonly lastId: string | null; readonly readRun: (() => Promise<RunView | null>) | null },
  ): Promise<{ readonly subscriber: Subscriber; readonly end: () => void; readonly open: () => void } | null> {
    const subscriber = new Subscriber(filter, sink);
    const end = (): void => void this.subscribers.delete(subscriber);
    const place = this.place();
    const missed = lastId === null ? [] : this.after(lastId);
    for (const change of missed ?? []) subscriber.take(change);
    this.subscribers.add(subscriber);
    try {
      const run = readRun === null ? undefined : await readRun();
      if (run === null) {
        end();
        return null;
      }
      const snapshot = run === undefined ? [] : [snapshotText(place, run)];
      const first = [...(missed === null ? [laggedText(null)] : []), ...snapshot];
      return { subscriber, end, open: () => subscriber.open(first) };
    } catch (error) {
      end();
      throw error;
    }
  }

  private place(): string {
    return `${this.options.epoch}-${this.count}`;
  }

  /** null: it is not known what came after it. */
  private after(lastId: string): readonly Numbered[] | null {
    const number = lastId.startsWith(`${this.options.epoch}-`) ? Number(lastId.slice(this.options.epoch.length + 1)) : Number.NaN;
    const first = this.count - this.kept.length;
    if (!Number.isInteger(number) || number < first || number > this.count) return null;
    return this.kept.slice(number - first);
  }
}
