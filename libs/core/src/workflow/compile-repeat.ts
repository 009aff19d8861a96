import type { Json } from '../json.js';
import { compileCondition, compileTemplate } from './compile-expression.js';
import { expectMap } from './read-json.js';
import type { Repeat } from './workflow.js';

const DEFAULT_ROUNDS = 1_000;

export function compileRepeat(repeat: Json): Repeat {
  const { until, while: goOn, maximum, interval } = expectMap(repeat, '`repeat`');
  return {
    until: until === undefined ? null : compileCondition(until),
    while: goOn === undefined ? null : compileCondition(goOn),
    maximum: typeof maximum === 'number' ? maximum : DEFAULT_ROUNDS,
    interval: interval === undefined ? null : compileTemplate(interval),
  };
}
