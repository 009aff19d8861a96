/** Where OpenTelemetry's API keeps what was registered with it: there only once somebody has. */
const REGISTERED = Symbol.for('opentelemetry.js.api.1');
const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** As the headers of W3C Trace Context. */
export interface TraceCarrier {
  readonly traceparent: string | null;
  readonly tracestate: string | null;
}

/**
 * Runs work within a trace context, so that spans which anything in this process makes meanwhile hang under it. Where nobody has set
 * OpenTelemetry up there are none, and nothing of it is loaded.
 */
export async function runInTrace<Result>(
  { traceparent, tracestate }: TraceCarrier,
  work: () => Result,
): Promise<Awaited<Result>> {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(traceparent ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || !(REGISTERED in globalThis)) return await work();
  const { context, createTraceState, ROOT_CONTEXT, TraceFlags, trace } = await import('@opentelemetry/api');
  const traceFlags = flags === '01' ? TraceFlags.SAMPLED : TraceFlags.NONE;
  const state = tracestate === null ? {} : { traceState: createTraceState(tracestate) };
  const above = trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true, ...state });
  return await context.with(above, work);
}
