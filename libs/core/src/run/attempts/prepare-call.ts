import type { At } from '../../address.js';
import type { Template } from '../../expression/index.js';
import type { JsonText } from '../../json.js';
import { toJsonText } from '../../json.js';
import type { CallWork, Node } from '../../workflow/workflow.js';
import type { Evaluated } from '../expressions/evaluate.js';
import { renderAt } from '../expressions/evaluate.js';
import { readKey } from '../expressions/read-key.js';
import type { Draft } from '../state/draft.js';
import type { TaskState } from '../state/task-state.js';

/** A call's row with all that its attempts need: the rendered input, its secrets, its key. */
export function prepareCall(draft: Draft, node: Node, work: CallWork, blank: TaskState): Evaluated<TaskState> {
  const input = work.with === null ? null : renderAt(draft, node, blank.at, work.with);
  const key = work.idempotencyKey === null ? null : renderKey(draft, node, blank.at, work.idempotencyKey);
  if (input?.kind === 'error') return input;
  if (key?.kind === 'error') return key;
  const text = input === null ? ('{}' as JsonText) : toJsonText(input.value.value);
  const bytes = Buffer.byteLength(text);
  const limit = draft.moment.limits.maxInputBytes;
  if (bytes > limit) {
    const message = `the input of ${node.path} has ${bytes} bytes, more than the limit of ${limit}`;
    return { kind: 'error', error: { code: 'INVALID_INPUT', message } };
  }
  const secrets = input === null || input.value.secrets.length === 0 ? null : toJsonText(input.value.secrets);
  const totalUntil = work.timeout.totalMs === null ? null : draft.now + work.timeout.totalMs;
  const value = { ...blank, queue: work.queue, input: text, secrets, idempotencyKey: key?.value ?? null, totalUntil };
  return { kind: 'ok', value };
}

function renderKey(draft: Draft, node: Node, at: At, template: Template): Evaluated<string> {
  const key = renderAt(draft, node, at, template);
  return key.kind === 'error' ? key : readKey(key.value.value, `idempotencyKey of ${node.path}`);
}
