import { parseExpression } from '../expression/index.js';
import type { Json } from '../json.js';
import { compileCondition, compileDuration, compileTemplate, compileTextOrExpression } from './compile-expression.js';
import { expectMap, expectText } from './read-json.js';
import type { EmitWork, WaitWork } from './workflow.js';

/** Without `match` and `key` every event of the type has the same key, and so has every run. */
const ANY = 'true';

export function compileWait(value: Json): WaitWork {
  const { event, match, key, if: condition, count, timeout, window } = expectMap(value, '`waitFor`');
  return {
    kind: 'wait',
    pattern: expectText(event, '`event`'),
    match: match === undefined ? parseExpression(ANY) : compileCondition(match),
    key: key === undefined ? compileTemplate(ANY) : compileTextOrExpression(key),
    condition: condition === undefined ? null : compileCondition(condition),
    count: typeof count === 'number' ? count : 1,
    timeout: timeout === undefined ? null : compileDuration(timeout),
    window: window === undefined ? null : compileDuration(window),
  };
}

export function compileEmit(value: Json): EmitWork {
  const { type, subject, data } = expectMap(value, '`emit`');
  return {
    kind: 'emit',
    type: compileTemplate(expectText(type, '`type`')),
    subject: subject === undefined ? null : compileTemplate(subject),
    data: data === undefined ? null : compileTemplate(data),
  };
}
