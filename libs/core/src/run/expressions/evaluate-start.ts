import { ExpressionError, evaluateCondition, render } from '../../expression/index.js';
import type { Json } from '../../json.js';
import type { Trigger } from '../../workflow/trigger.js';

/** What one `on:` entry makes of what happened. */
export type StartMatch =
  | { readonly kind: 'start'; readonly input: Json; readonly key: string | null }
  /** Its condition did not match, or could not be evaluated. */
  | { readonly kind: 'unmatched'; readonly reason: string };

/** `if`, `input` and `key` of a trigger on what its kind gives it to read; `input` is used where it has none of its own. */
export function evaluateStart(
  trigger: Pick<Trigger, 'condition' | 'input' | 'key'>,
  variables: Readonly<Record<string, Json>>,
  input: Json,
): StartMatch {
  try {
    if (trigger.condition !== null && !evaluateCondition(trigger.condition, variables)) {
      return { kind: 'unmatched', reason: `if: ${trigger.condition.source} is false` };
    }
    const rendered = trigger.input === null ? input : render(trigger.input, variables).value;
    return { kind: 'start', input: rendered, key: trigger.key === null ? null : keyText(render(trigger.key, variables).value) };
  } catch (error) {
    if (error instanceof ExpressionError) return { kind: 'unmatched', reason: `EXPRESSION: ${error.message}` };
    throw error;
  }
}

function keyText(value: Json): string {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text === 'string' && text !== '' && text.length <= 512) return text;
  throw new ExpressionError('a key must be text of 1 to 512 characters or a number', JSON.stringify(value).slice(0, 80), null);
}
