import { compileCondition, compileTemplate, compileTextOrExpression } from './compile-expression.js';
import type { JsonMap } from './read-json.js';
import type { Trigger } from './trigger.js';

/** What every kind of trigger may say about the run it starts. */
export function compileStart({ if: condition, key, input }: JsonMap): Pick<Trigger, 'condition' | 'key' | 'input'> {
  return {
    condition: condition === undefined ? null : compileCondition(condition),
    key: key === undefined ? null : compileTextOrExpression(key),
    input: input === undefined ? null : compileTemplate(input),
  };
}
