import type { EffectFinding, Input, JsonText } from '@reprise/core';
import { FieldError, fieldReader } from './read-fields.js';

/** What a person may ask of a run: every input that says who asked. */
export type RunCommand = Extract<Input, { readonly by: string | null }>;

type Kind = RunCommand['kind'];
type Reader = ReturnType<typeof fieldReader>;

/** One line a verb: how its payload is read back from the row. */
const READERS: { readonly [K in Kind]: (read: Reader, by: string | null) => Extract<RunCommand, { kind: K }> } = {
  cancel: ({ textOrNull }, by) => ({ kind: 'cancel', reason: textOrNull('reason'), by }),
  'retry-run': (_, by) => ({ kind: 'retry-run', by }),
  pause: (_, by) => ({ kind: 'pause', by }),
  resume: (_, by) => ({ kind: 'resume', by }),
  'retry-now': ({ count, at }, by) => ({ kind: 'retry-now', node: count('node'), at: at('at'), by }),
  resolve: (read, by) => ({
    kind: 'resolve',
    node: read.count('node'),
    at: read.at('at'),
    outcome: read.oneOf('outcome', ['succeeded', 'failed', 'retry']),
    output: read.jsonOrNull('output'),
    reason: read.textOrNull('reason'),
    ...(read.fields['effects'] === undefined ? {} : { effects: read.list('effects').map(readFinding) }),
    by,
  }),
  settle: (read, by) => ({
    kind: 'settle',
    node: read.count('node'),
    at: read.at('at'),
    effects: read.list('effects').map(readFinding),
    reason: read.textOrNull('reason'),
    by,
  }),
};

function readFinding(value: unknown): EffectFinding {
  const { text, flag, jsonOrNull } = fieldReader(value);
  const name = text('name');
  return flag('happened')
    ? { name, happened: true, result: jsonOrNull('result') ?? ('null' as JsonText) }
    : { name, happened: false };
}

/** As its row keeps it: who asked has a column of its own. */
export function encodeRunCommand({ kind, by, ...payload }: RunCommand): {
  readonly kind: Kind;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly askedBy: string | null;
} {
  return { kind, payload, askedBy: by };
}

/** `unknown`: this build does not know the verb, one that does may. `bad`: no build will make sense of it. */
export function decodeRunCommand(
  kind: string,
  payload: unknown,
  by: string | null,
): { readonly kind: 'ok'; readonly command: RunCommand } | { readonly kind: 'unknown' } | { readonly kind: 'bad' } {
  if (!isKind(kind)) return { kind: 'unknown' };
  try {
    return { kind: 'ok', command: READERS[kind](fieldReader(payload), by) };
  } catch (error) {
    if (error instanceof FieldError) return { kind: 'bad' };
    throw error;
  }
}

const isKind = (kind: string): kind is Kind => Object.hasOwn(READERS, kind);
