import type { Template } from '../expression/index.js';
import type { Json } from '../json.js';
import type { PartialRetryPolicy, PolicyRule } from '../retry/index.js';
import { compileDuration } from './compile-expression.js';
import { isJsonMap, type JsonMap, readDurationMs } from './read-json.js';
import type { Timeouts } from './workflow.js';

/** `initialInterval: 1s` of the document is `initialIntervalMs: 1000` of the policy; the others keep name and value. */
const DURATIONS = ['initialInterval', 'maximumInterval', 'maximumElapsed'];

/** A `retry` block, or null, as a policy. The shapes are believed, the values are not checked. */
export function readRetry(retry: Json): PartialRetryPolicy {
  if (!isJsonMap(retry)) return {};
  const { policies, ...fields } = retry;
  const policy = readFields(fields);
  return Array.isArray(policies)
    ? { ...policy, policies: policies.filter(isJsonMap).map((rule) => readFields(rule) as PolicyRule) }
    : policy;
}

function readFields(fields: JsonMap): PartialRetryPolicy {
  const entries = Object.entries(fields).map(([name, value]) =>
    DURATIONS.includes(name) ? [`${name}Ms`, readDurationMs(value)] : [name, value],
  );
  return Object.fromEntries(entries) as PartialRetryPolicy;
}

/** Task over defaults, field by field. */
export function readTimeouts(own: Json | undefined, defaults: Json | undefined): Timeouts {
  const limits = { ...asMap(defaults), ...asMap(own) };
  const read = (name: string): number | null => {
    const value = limits[name];
    return value === undefined ? null : readDurationMs(value);
  };
  return { attemptMs: read('attempt'), queueMs: read('queue'), totalMs: read('total'), heartbeatMs: read('heartbeat') };
}

/** A scalar `timeout` is the limit of one attempt. */
function asMap(timeout: Json | undefined): JsonMap {
  if (timeout === undefined) return {};
  return isJsonMap(timeout) ? timeout : { attempt: timeout };
}

/** What no executor holds knows one limit only: `10m` is short for `{total: 10m}`. */
export function compileTotal(timeout: Json | undefined): Template | null {
  if (timeout === undefined) return null;
  return compileDuration(isJsonMap(timeout) ? timeout['total'] : timeout);
}
