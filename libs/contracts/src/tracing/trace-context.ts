import type { RunTrace } from '@reprise/core';

/** A place in a distributed trace, as W3C Trace Context carries it: what whoever is called hangs under. */
export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;
  /** Other vendors' `tracestate`, passed on as it came. */
  readonly state?: string;
}

/** As headers, of HTTP and AMQP alike. */
export type TraceHeaders = {
  readonly traceparent: string;
  readonly tracestate?: string;
};

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const NOTHING = /^0+$/;
/** What everybody must pass on; a longer one may be dropped. */
const LONGEST_STATE = 512;
const STATE = /^[\x20-\x7e]+$/;

/** null: there is none, or none that can be trusted to be one; then a new trace begins. */
export function readTraceContext({ traceparent, tracestate }: Readonly<Record<string, unknown>>): TraceContext | null {
  const [whole, version, traceId = '', spanId = '', flags = '', rest] =
    typeof traceparent === 'string' ? (TRACEPARENT.exec(traceparent.trim()) ?? []) : [];
  if (whole === undefined || version === 'ff' || NOTHING.test(traceId) || NOTHING.test(spanId)) return null;
  // Only a version that we do not know may have more to say.
  if (version === '00' && rest !== undefined) return null;
  const state =
    typeof tracestate === 'string' && tracestate.length <= LONGEST_STATE && STATE.test(tracestate) ? tracestate : null;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1, ...(state === null ? {} : { state }) };
}

/** What is sent along with something that this span of a run's trace does. */
export const traceHeaders = ({ id, sampled, state }: RunTrace, spanId: string): TraceHeaders => ({
  traceparent: `00-${id}-${spanId}-${sampled ? '01' : '00'}`,
  ...(state === undefined ? {} : { tracestate: state }),
});
