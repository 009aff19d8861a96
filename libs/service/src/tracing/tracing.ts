import type { Logger } from '../logging/logger.js';
import type { FinishedSpan } from './finished-span.js';
import type { OtlpSpans } from './otlp-spans.js';
import type { TracingSettings } from './tracing-settings.js';

/** Sends spans to a collector. Whoever has none has no tracing, and none of OpenTelemetry is loaded. */
export class Tracing {
  private spans: OtlpSpans | null = null;

  constructor(
    private readonly settings: TracingSettings,
    private readonly service: string,
    private readonly logger: Logger,
  ) {}

  /** `global`: spans that code in this process makes with OpenTelemetry's API are sent too, unless it has an SDK of its own. */
  async start({ global = false }: { readonly global?: boolean } = {}): Promise<void> {
    if (this.spans === null) {
      const { OtlpSpans } = await import('./otlp-spans.js');
      this.spans = new OtlpSpans(this.settings, this.service, this.logger);
      const { otlpEndpoint: collector, tracesSampler: sampler } = this.settings;
      this.logger.info({ collector, sampler }, 'spans are sent to a collector');
    }
    if (global) this.spans.register();
  }

  /** Whether the spans of a trace that begins here, or that a caller has begun, are kept. */
  keeps(traceId: string, caller: { readonly spanId: string; readonly sampled: boolean } | null): boolean {
    return this.spans?.keeps(traceId, caller) ?? false;
  }

  /** Never waits and never fails: spans that the collector does not take in time are dropped. */
  record(spans: readonly FinishedSpan[]): void {
    for (const span of spans) this.spans?.record(span);
  }

  async close(): Promise<void> {
    await this.spans?.close();
  }
}

/** null: nobody has said where spans are to be sent. */
export function tracingOf(settings: TracingSettings, service: string, logger: Logger): Tracing | null {
  return settings.otlpEndpoint === null || settings.otelDisabled === 'true' ? null : new Tracing(settings, service, logger);
}
