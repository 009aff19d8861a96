import { canonicalJson, type Json, type OnInDoubt, parseJsonText } from '@reprise/core';
import { outputText } from '../attempt/output-text.js';
import { RecordedEffects, type RecordedEffectsOptions } from '../attempt/recorded-effects.js';
import type { Attempt } from '../handlers/attempt.js';
import { TaskError } from '../handlers/task-error.js';
import { FakeLog } from './fake-log.js';
import { type FakeQuery, FakeTransactions } from './fake-transaction.js';
import { MemoryEffects } from './memory-effects.js';

/** What a test says of an attempt; the rest is made up. */
export type FakeAttemptFields = Partial<
  Pick<Attempt, 'run' | 'workflow' | 'task' | 'call' | 'number' | 'key' | 'fence' | 'deadline' | 'traceparent' | 'tracestate'>
> & {
  readonly query?: FakeQuery;
  /** What attempts of the task before it have recorded; the newest attempt holds the task, what older ones still do is refused. */
  readonly effects?: MemoryEffects;
  /** What the task in the document says, then `@Handler`. */
  readonly onInDoubt?: OnInDoubt;
};

/** An attempt without a run, to call a handler with. */
export interface FakeAttempt extends Attempt {
  /** What the handler has said with `heartbeat`, one for each. */
  readonly beats: readonly (Json | null)[];
  readonly log: FakeLog;
  /** What its transaction has committed, which is what counts as its output; null: nothing. */
  readonly committed: { readonly result: unknown } | null;
  /** As when the run is cancelled, the time is up, or another attempt has taken over. */
  abort(reason?: 'cancelled' | 'timeout' | 'lost'): void;
}

const FIVE_MINUTES_MS = 300_000;
const now = (): number => Date.now();

/** For tests of one handler: `await payments.charge(input, fakeAttempt({ number: 2 }))`. Time in it is real. */
export function fakeAttempt(fields: FakeAttemptFields = {}): FakeAttempt {
  const { query, run = '01890000-0000-7000-8000-000000000001', task = 'task', effects = new MemoryEffects(), ...rest } = fields;
  const { onInDoubt = null, key = `${run}/${task}`, number = 1, ...said } = rest;
  const holder = effects.claim(key, said.fence === undefined ? {} : { fence: said.fence });
  const controller = new AbortController();
  const abort = (reason: 'cancelled' | 'timeout' | 'lost'): void => controller.abort(stopError(reason));
  const isHeld = (): boolean => effects.isHeld(holder);
  const transactions = new FakeTransactions(query ?? null, controller.signal, isHeld, () => undefined);
  const recorded = new RecordedEffects({
    holder,
    key,
    attempt: number,
    store: effects.records(now),
    policy: { task: onInDoubt, handler: null },
    signal: controller.signal,
    toStored: (result) => outputText(result, MAX_OUTPUT_BYTES),
    toShown: (error) => error,
    onReplaced: () => abort('lost'),
    ...IN_MEMORY,
  });
  const beats: (Json | null)[] = [];
  return {
    run,
    workflow: 'workflow',
    task,
    call: 'call',
    number,
    key,
    fence: holder.fence,
    deadline: now() + FIVE_MINUTES_MS,
    traceparent: null,
    tracestate: null,
    ...said,
    signal: controller.signal,
    log: new FakeLog(),
    heartbeat: (progress) => void beats.push(progress ?? null),
    transaction: (work) => transactions.run(work),
    effect: (name, work, options) => recorded.run(name, work, options),
    beats,
    get committed() {
      return transactions.committed;
    },
    abort: (reason = 'cancelled') => abort(reason),
  };
}

/** What the signal of an attempt is aborted with. */
export const stopError = (reason: 'cancelled' | 'timeout' | 'lost'): TaskError =>
  new TaskError(reason === 'lost' ? 'LOST' : 'CANCELLED', `the attempt was asked to stop: ${reason}`);

/** Records that are always there, and no process that tests of crashes could kill. */
export const IN_MEMORY: Pick<RecordedEffectsOptions, 'fingerprintOf' | 'untilAvailable' | 'faultPoint' | 'onAnswered'> = {
  fingerprintOf: (request) => canonicalJson(parseJsonText(request)),
  untilAvailable: (ask) => ask(),
  faultPoint: () => undefined,
  onAnswered: () => undefined,
};

/** As large as an output may be, unless the services say otherwise. */
export const MAX_OUTPUT_BYTES = 1_048_576;
