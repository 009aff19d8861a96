import type { Json } from '../json.js';
import { compileApproval } from './compile-approval.js';
import { compileChild } from './compile-child.js';
import { compileCondition, compileTemplate } from './compile-expression.js';
import { compileRateLimit } from './compile-limits.js';
import { readRetry, readTimeouts } from './compile-retry.js';
import { compileEmit, compileWait } from './compile-wait.js';
import { PRIORITIES } from './lane.js';
import { expectMap, expectText, type JsonMap, readDurationMs, readWord, UnacceptedDocument } from './read-json.js';
import { type CallWork, EFFECTS, ON_IN_DOUBT, type Work } from './workflow.js';

/** What the document says for every call: `retry`, `timeout`, `queue`, `priority`. */
export type Defaults = JsonMap;

export const DEFAULT_QUEUE = 'default';

/** What a task does, groups apart. */
export function compileWork(body: JsonMap, defaults: Defaults): Work {
  const { call, transform, sleep, sleepUntil, fail } = body;
  if (call !== undefined) return compileCall(expectText(call, '`call`'), body, defaults);
  if (body['workflow'] !== undefined) return compileChild(body);
  if (body['approval'] !== undefined) return compileApproval(body['approval']);
  if (body['waitFor'] !== undefined) return compileWait(body['waitFor']);
  if (body['emit'] !== undefined) return compileEmit(body['emit']);
  if (transform !== undefined) return { kind: 'transform', value: compileTemplate(transform) };
  if (sleep !== undefined) return { kind: 'sleep', until: { kind: 'duration', value: compileTemplate(sleep) } };
  if (sleepUntil !== undefined) return { kind: 'sleep', until: { kind: 'instant', value: compileTemplate(sleepUntil) } };
  if (fail === undefined) throw new UnacceptedDocument('a task does nothing');
  const written = expectMap(fail, '`fail`');
  const code = expectText(written['code'], '`code`');
  const { message = code } = written;
  return { kind: 'fail', code: compileTemplate(code), message: compileTemplate(message) };
}

function compileCall(call: string, body: JsonMap, defaults: Defaults): CallWork {
  const { with: input, queue = defaults['queue'], succeedWhen, idempotencyKey, retention, effect, onInDoubt } = body;
  return {
    kind: 'call',
    call,
    with: optional(input, compileTemplate),
    queue: queue === undefined ? DEFAULT_QUEUE : expectText(queue, '`queue`'),
    priority: readWord(body['priority'] ?? defaults['priority'] ?? 'normal', PRIORITIES),
    retry: { ...readRetry(defaults['retry'] ?? null), ...readRetry(body['retry'] ?? null) },
    timeout: readTimeouts(body['timeout'], defaults['timeout']),
    succeedWhen: optional(succeedWhen, compileCondition),
    idempotencyKey: optional(idempotencyKey, compileTemplate),
    effect: optional(effect, (value) => readWord(value, EFFECTS)),
    onInDoubt: optional(onInDoubt, (value) => readWord(value, ON_IN_DOUBT)),
    retentionMs: optional(retention, (value) => readDurationMs(value)),
    rateLimit: compileRateLimit(body['rateLimit']),
    dependency: optional(body['dependency'], (value) => expectText(value, '`dependency`')),
  };
}

function optional<Result>(value: Json | undefined, compile: (value: Json) => Result): Result | null {
  return value === undefined ? null : compile(value);
}
