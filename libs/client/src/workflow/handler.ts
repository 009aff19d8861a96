import type { Json } from '@reprise/core';

/** What a contract says of one handler. */
export interface HandlerTypes {
  readonly input: unknown;
  readonly output: unknown;
}

type Scalar = string | number | boolean;

/** Handlers that every executor may host. */
interface BuiltIns {
  readonly http: {
    readonly input: {
      readonly url: string;
      readonly method?: string;
      readonly headers?: Readonly<Record<string, Scalar>>;
      readonly query?: Readonly<Record<string, Scalar | null | readonly Scalar[]>>;
      readonly body?: unknown;
      readonly timeout?: string;
    };
    readonly output: { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: unknown };
  };
  readonly shell: {
    readonly input: {
      readonly run: string;
      readonly args?: readonly Scalar[];
      readonly env?: Readonly<Record<string, Scalar>>;
      readonly cwd?: string;
      readonly stdin?: string;
    };
    readonly output: { readonly exitCode: number; readonly stdout: string; readonly stderr: string };
  };
  readonly script: { readonly input: { readonly code: string; readonly args?: unknown }; readonly output: unknown };
  readonly sql: {
    readonly input: { readonly query: string; readonly connection?: string; readonly params?: readonly unknown[] };
    readonly output: { readonly rows: readonly Readonly<Record<string, unknown>>[]; readonly rowCount: number };
  };
  readonly publish: {
    readonly input: {
      readonly exchange: string;
      readonly routingKey?: string;
      readonly body?: unknown;
      readonly headers?: Readonly<Record<string, Json>>;
    };
    readonly output: Readonly<Record<string, never>>;
  };
}

/** Nothing is known of any handler but the built-in ones. */
export interface AnyHandlers {
  readonly [call: string]: HandlerTypes;
}

export type CallName<Calls> = string extends keyof Calls ? string : keyof (BuiltIns & Calls) & string;

type TypesOf<Calls, Call> = Call extends keyof BuiltIns ? BuiltIns[Call] : Call extends keyof Calls ? Calls[Call] : HandlerTypes;

export type InputOf<Calls, Call> = TypesOf<Calls, Call> extends { readonly input: infer Input } ? Input : unknown;
export type OutputOf<Calls, Call> = TypesOf<Calls, Call> extends { readonly output: infer Output } ? Output : unknown;
