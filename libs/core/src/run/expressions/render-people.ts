import type { At } from '../../address.js';
import { pathOf } from '../../address.js';
import type { Template } from '../../expression/index.js';
import type { Json } from '../../json.js';
import { personName } from '../../person.js';
import type { Node } from '../../workflow/workflow.js';
import type { Draft } from '../state/draft.js';
import type { Evaluated } from './evaluate.js';
import { renderAt } from './evaluate.js';

const MOST_PEOPLE = 100;

/** A name or a list of them, each once, as they are compared; none where nothing is said. */
export function renderPeople(
  draft: Draft,
  node: Node,
  at: At,
  field: string,
  template: Template | null,
): Evaluated<readonly string[]> {
  if (template === null) return { kind: 'ok', value: [] };
  const rendered = renderAt(draft, node, at, template);
  if (rendered.kind === 'error') return rendered;
  const list = listOf(rendered.value.value);
  if (list.length > MOST_PEOPLE)
    return refused(draft, node, at, `has ${list.length} people in ${field}, more than ${MOST_PEOPLE}`);
  const names = new Set<string>();
  for (const each of list) {
    const name = typeof each === 'string' ? personName(each) : null;
    if (name === null) return refused(draft, node, at, `has in ${field} what is no name: ${JSON.stringify(each).slice(0, 80)}`);
    names.add(name);
  }
  return { kind: 'ok', value: [...names] };
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

function listOf(value: Json): readonly Json[] {
  if (isList(value)) return value;
  return value === null || value === '' ? [] : [value];
}

export const refused = (draft: Draft, node: Node, at: At, what: string): Evaluated<never> => ({
  kind: 'error',
  error: { code: 'EXPRESSION', message: `${pathOf(draft.workflow, { node: node.index, at })} ${what}` },
});
