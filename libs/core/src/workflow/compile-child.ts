import { childNameOf } from '../document/check-child.js';
import { compileTemplate } from './compile-expression.js';
import { expectText, type JsonMap } from './read-json.js';
import type { ChildWork } from './workflow.js';

export function compileChild(body: JsonMap): ChildWork {
  const { workflow, with: input } = body;
  const name = childNameOf(expectText(workflow, '`workflow`'));
  return { kind: 'child', ...name, with: input === undefined ? null : compileTemplate(input) };
}
