import type { SpanAttributes, TraceContext } from '@reprise/contracts';

/** How a request came, where spans are kept: what its runs hang under. */
export interface Arrival {
  /** The span of whoever sent it; null: nobody's. */
  readonly caller: TraceContext | null;
  readonly spanId: string;
  readonly name: string;
  readonly kind: 'server' | 'consumer';
  readonly at: number;
  readonly attributes: SpanAttributes;
}
