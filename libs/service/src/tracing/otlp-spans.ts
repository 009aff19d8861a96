import {
  type Attributes,
  context,
  createTraceState,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { defaultResource, type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, type ReadableSpan, type Sampler, SamplingDecision, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Logger } from '../logging/logger.js';
import { redact } from '../redact.js';
import type { FinishedSpan, SpanFields } from './finished-span.js';
import { samplerOf } from './sampler-of.js';
import { TellingExporter } from './telling-exporter.js';
import type { TracingSettings } from './tracing-settings.js';

/** What a process that dies at once takes with it. */
const SENT_EVERY_MS = 1_000;
/** A decision of a hundred items ends hundreds of spans at once. */
const MOST_WAITING = 20_000;
const SCOPE = { name: 'reprise' };
const KINDS = { internal: SpanKind.INTERNAL, server: SpanKind.SERVER, consumer: SpanKind.CONSUMER };

/** The one place where OpenTelemetry's SDK is: loaded only when a collector is named. */
export class OtlpSpans {
  private readonly sampler: Sampler;
  private readonly resource: Resource;
  private readonly processor: BatchSpanProcessor;

  constructor(settings: TracingSettings, service: string, logger: Logger) {
    const { otlpEndpoint, otlpHeaders, otelServiceName, otelResource } = settings;
    const name = otelServiceName ?? otelResource['service.name'] ?? `reprise-${service}`;
    this.resource = defaultResource().merge(resourceFromAttributes({ ...otelResource, 'service.name': name }));
    this.sampler = samplerOf(settings.tracesSampler, settings.tracesSamplerArg);
    const url = `${(otlpEndpoint ?? '').replace(/\/+$/, '')}/v1/traces`;
    const exporter = new TellingExporter(new OTLPTraceExporter({ url, headers: { ...otlpHeaders } }), logger);
    this.processor = new BatchSpanProcessor({ exporter, scheduledDelayMillis: SENT_EVERY_MS, maxQueueSize: MOST_WAITING });
  }

  /** Both stay as they are where an application has brought its own. */
  register(): void {
    const { sampler, resource, processor } = this;
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    trace.setGlobalTracerProvider(new TracerProvider({ sampler, resource, spanProcessors: [processor] }));
  }

  keeps(traceId: string, caller: { readonly spanId: string; readonly sampled: boolean } | null): boolean {
    const above =
      caller === null
        ? ROOT_CONTEXT
        : trace.setSpanContext(ROOT_CONTEXT, { ...idsOf(traceId, caller.spanId, caller.sampled), isRemote: true });
    const { decision } = this.sampler.shouldSample(above, traceId, 'run', SpanKind.INTERNAL, {}, []);
    return decision === SamplingDecision.RECORD_AND_SAMPLED;
  }

  record(span: FinishedSpan): void {
    this.processor.onEnd(this.readable(span));
  }

  async close(): Promise<void> {
    await this.processor.shutdown();
  }

  private readable(span: FinishedSpan): ReadableSpan {
    const { name, kind, traceId, spanId, parentId, state, startMs, error } = span;
    const endMs = Math.max(startMs, span.endMs);
    const own: SpanContext = {
      ...idsOf(traceId, spanId, true),
      ...(state === undefined ? {} : { traceState: createTraceState(state) }),
    };
    return {
      name,
      kind: KINDS[kind],
      spanContext: () => own,
      ...(parentId === null ? {} : { parentSpanContext: { ...idsOf(traceId, parentId, true), isRemote: true } }),
      startTime: hrTime(startMs),
      endTime: hrTime(endMs),
      duration: hrTime(endMs - startMs),
      ended: true,
      status: error === null ? { code: SpanStatusCode.UNSET } : { code: SpanStatusCode.ERROR, message: redact(error.message) },
      attributes: attributesOf(span.attributes),
      events: span.events.map((event) => ({
        name: event.name,
        time: hrTime(event.atMs),
        attributes: attributesOf(event.attributes),
        droppedAttributesCount: 0,
      })),
      links: span.links.map((link) => ({ context: idsOf(link.trace, link.span, true) })),
      resource: this.resource,
      instrumentationScope: SCOPE,
      droppedAttributesCount: 0,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
    };
  }
}

const idsOf = (traceId: string, spanId: string, sampled: boolean): SpanContext => ({
  traceId,
  spanId,
  traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
});

/** Seconds and nanoseconds. The ledger's instants are finer than a millisecond. */
function hrTime(ms: number): [number, number] {
  const seconds = Math.floor(ms / 1_000);
  return [seconds, Math.round((ms - seconds * 1_000) * 1_000) * 1_000];
}

function attributesOf(fields: SpanFields): Attributes {
  const attributes: Attributes = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) attributes[name] = typeof value === 'string' ? redact(value) : value;
  }
  return attributes;
}
