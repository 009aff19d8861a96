import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import type { Logger } from '../logging/logger.js';

type Export = Parameters<SpanExporter['export']>[1];

/** Says in the log when the collector takes spans no longer, and when it takes them again: the SDK itself says nothing. */
export class TellingExporter implements SpanExporter {
  /** Spans that were not taken since it was said last; null: all is well. */
  private lost: number | null = null;

  constructor(
    private readonly exporter: SpanExporter,
    private readonly logger: Logger,
  ) {}

  export(spans: ReadableSpan[], done: Export): void {
    this.exporter.export(spans, (result) => {
      this.tell(spans.length, result.code === 0, result.error);
      done(result);
    });
  }

  async forceFlush(): Promise<void> {
    await this.exporter.forceFlush?.();
  }

  shutdown(): Promise<void> {
    return this.exporter.shutdown();
  }

  private tell(spans: number, taken: boolean, error: unknown): void {
    if (taken) {
      if (this.lost !== null) this.logger.info({ lost: this.lost }, 'the collector takes spans again');
      this.lost = null;
      return;
    }
    if (this.lost === null) this.logger.warn({ spans, error }, 'the collector does not take spans; until it does they are lost');
    this.lost = (this.lost ?? 0) + spans;
  }
}
