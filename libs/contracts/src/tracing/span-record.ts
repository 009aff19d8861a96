/** A span that has ended, before any SDK is involved. Instants are epoch milliseconds. */
export interface SpanRecord {
  readonly traceId: string;
  readonly spanId: string;
  /** null: the root of its trace. */
  readonly parentId: string | null;
  readonly state?: string;
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'consumer';
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: SpanAttributes;
  /** null: it did not fail. */
  readonly error: SpanError | null;
  readonly events: readonly SpanEvent[];
  readonly links: readonly { readonly trace: string; readonly span: string }[];
}

/** What is undefined is left out. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

export interface SpanError {
  readonly code: string;
  readonly message: string;
}

export interface SpanEvent {
  readonly name: string;
  readonly atMs: number;
  readonly attributes: SpanAttributes;
}
