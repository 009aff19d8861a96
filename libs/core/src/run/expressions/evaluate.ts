import type { At } from '../../address.js';
import type { Template } from '../../expression/index.js';
import { ExpressionError, render, templateReferences } from '../../expression/index.js';
import type { Node } from '../../workflow/workflow.js';
import type { Draft } from '../state/draft.js';
import type { TaskError } from '../state/outcome.js';
import { variablesFor } from '../state/variables.js';

export type Evaluated<Value> =
  | { readonly kind: 'ok'; readonly value: Value }
  | { readonly kind: 'error'; readonly error: TaskError };

/** An expression that fails is an answer (error `EXPRESSION`), not an exception: the task fails, the engine goes on. */
export function attemptTo<Value>(evaluation: () => Value): Evaluated<Value> {
  try {
    return { kind: 'ok', value: evaluation() };
  } catch (error) {
    if (error instanceof ExpressionError) return { kind: 'error', error: { code: 'EXPRESSION', message: error.message } };
    throw error;
  }
}

export function renderAt(draft: Draft, node: Node | null, at: At, template: Template, extra?: Readonly<Record<string, unknown>>) {
  return attemptTo(() => render(template, { ...variablesFor(draft, { node, at }, templateReferences(template)), ...extra }));
}
