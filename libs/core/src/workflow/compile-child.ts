import { childNameOf } from './child-name.js';
import { compileTemplate } from './compile-expression.js';
import { compileTotal } from './compile-retry.js';
import { expectText, type JsonMap } from './read-json.js';
import type { ChildWork } from './workflow.js';

export function compileChild(body: JsonMap): ChildWork {
  const { workflow, with: input, timeout } = body;
  const name = childNameOf(expectText(workflow, '`workflow`'));
  return { kind: 'child', ...name, with: input === undefined ? null : compileTemplate(input), total: compileTotal(timeout) };
}
