import type { Json } from '../json.js';
import { compileItems } from './compile-expression.js';
import { expectText, isJsonMap } from './read-json.js';
import type { ForEach } from './workflow.js';

export const DEFAULT_PARALLEL = 100;

export function compileForEach(forEach: Json): ForEach {
  const { in: items = null, as, parallel, tolerate } = isJsonMap(forEach) ? forEach : { in: forEach };
  return {
    items: compileItems(items),
    as: as === undefined ? null : expectText(as, '`as`'),
    parallel: typeof parallel === 'number' ? parallel : DEFAULT_PARALLEL,
    tolerate: compileTolerate(tolerate),
  };
}

function compileTolerate(tolerate: Json | undefined): ForEach['tolerate'] {
  if (typeof tolerate === 'string') return { kind: 'percent', percent: Number.parseFloat(tolerate) };
  return { kind: 'count', count: typeof tolerate === 'number' ? tolerate : 0 };
}
