import type { At } from '../../address.js';
import { formatDuration, parseDuration } from '../../duration.js';
import type { Template } from '../../expression/index.js';
import type { Node } from '../../workflow/workflow.js';
import type { Draft } from '../state/draft.js';
import type { Evaluated } from './evaluate.js';
import { renderAt } from './evaluate.js';

/** Milliseconds. `field` is what the document calls it: for the message when it is no duration. */
function renderDuration(
  draft: Draft,
  node: Node,
  at: At,
  field: string,
  template: Template,
  minimumMs: number,
): Evaluated<number> {
  const rendered = renderAt(draft, node, at, template);
  if (rendered.kind === 'error') return rendered;
  const { value } = rendered.value;
  const duration = typeof value === 'string' ? parseDuration(value) : null;
  if (duration?.kind === 'ok' && duration.ms >= minimumMs) return { kind: 'ok', value: duration.ms };
  const got = JSON.stringify(value).slice(0, 80);
  const least = minimumMs > 1 ? `of at least ${formatDuration(minimumMs)}` : 'longer than 0';
  const message = `${field} of ${node.path} must be text with a duration ${least}, such as "30m", got ${got}`;
  return { kind: 'error', error: { code: 'EXPRESSION', message } };
}

/** null: the document does not say. */
export function renderGiven(
  draft: Draft,
  node: Node,
  at: At,
  field: string,
  template: Template | null,
  minimumMs = 1,
): Evaluated<number | null> {
  return template === null ? { kind: 'ok', value: null } : renderDuration(draft, node, at, field, template, minimumMs);
}
