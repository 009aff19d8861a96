/** A span that has ended, as whoever knows of it tells it. Instants are epoch milliseconds, ids lower-case hex. */
export interface FinishedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** null: the root of its trace. */
  readonly parentId: string | null;
  /** `tracestate` of the trace. */
  readonly state?: string;
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'consumer';
  readonly startMs: number;
  readonly endMs: number;
  /** What is undefined is left out. */
  readonly attributes: SpanFields;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly events: readonly { readonly name: string; readonly atMs: number; readonly attributes: SpanFields }[];
  readonly links: readonly { readonly trace: string; readonly span: string }[];
}

export type SpanFields = Readonly<Record<string, string | number | boolean | undefined>>;
