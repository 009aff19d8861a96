import { keyOf, pathOf } from '../../address.js';
import { fence as fenceOf } from '../../ids.js';
import { type Json, toJsonText } from '../../json.js';
import { EVENT_TYPE, MAX_EVENT_TYPE_LENGTH } from '../../topic.js';
import type { EmitWork, Node } from '../../workflow/workflow.js';
import { endInstance, failedWith, succeededWith } from '../ending/end-instance.js';
import { type Evaluated, renderAt } from '../expressions/evaluate.js';
import type { Applied } from '../state/decision.js';
import type { Draft } from '../state/draft.js';
import type { Input } from '../state/input.js';
import type { EmitProgress, TaskState } from '../state/task-state.js';

/** How long the broker may take to confirm before the watch has the event published again, under the same id. */
const CONFIRM_OVERDUE_MS = 10_000;
const MAX_EVENT_LENGTH = 262_144;
const MAX_SUBJECT_LENGTH = 1_024;
/** An event's id has 1,024 characters at most; a deep path would not fit behind the run's. */
const MAX_PATH_LENGTH = 900;

/** Renders the event once and for all, then has it published until the broker has it. */
export function startEmit(draft: Draft, node: Node, work: EmitWork, blank: TaskState): void {
  const event = eventOf(draft, node, work, blank);
  if (event.kind === 'error') return endInstance(draft, blank, failedWith(event.error));
  const task: TaskState = { ...blank, status: 'waiting', startedAt: draft.now, fence: fenceOf(blank.fence + 1) };
  publish(draft, task, event.value);
}

function eventOf(draft: Draft, node: Node, work: EmitWork, blank: TaskState): Evaluated<EmitProgress> {
  const refuse = (message: string): Evaluated<never> => ({ kind: 'error', error: { code: 'INVALID_INPUT', message } });
  const type = renderAt(draft, node, blank.at, work.type);
  if (type.kind === 'error') return type;
  const subject = work.subject === null ? null : renderAt(draft, node, blank.at, work.subject);
  if (subject?.kind === 'error') return subject;
  const data = work.data === null ? null : renderAt(draft, node, blank.at, work.data);
  if (data?.kind === 'error') return data;
  const name = type.value.value;
  if (typeof name !== 'string' || !EVENT_TYPE.test(name) || name.length > MAX_EVENT_TYPE_LENGTH || /^run(\.|$)/.test(name)) {
    const rule = 'words of letters, digits, _ and - joined by dots, at most 255 characters, none that begins with `run.`';
    return refuse(`type of ${node.path} must be an event type (${rule}), got ${JSON.stringify(name).slice(0, 80)}`);
  }
  const about = subjectOf(subject?.value.value ?? null);
  if (about === undefined)
    return refuse(`subject of ${node.path} must be text of at most ${MAX_SUBJECT_LENGTH} characters or a number`);
  const time = new Date(draft.now).toISOString();
  const progress: EmitProgress = { kind: 'emit', type: name, subject: about, time, data: data?.value.value ?? null };
  const size = toJsonText(progress.data).length;
  if (size > MAX_EVENT_LENGTH)
    return refuse(`the event of ${node.path} has ${size} characters of data, more than the limit of ${MAX_EVENT_LENGTH}`);
  return { kind: 'ok', value: progress };
}

/** undefined: it cannot be one. */
function subjectOf(value: Json): string | null | undefined {
  if (value === null || value === '') return null;
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && text.length <= MAX_SUBJECT_LENGTH && !/[\p{Cc}\p{Surrogate}]/u.test(text) ? text : undefined;
}

function publish(draft: Draft, task: TaskState, progress: EmitProgress): void {
  draft.put({ ...task, progress, watchAt: draft.now + CONFIRM_OVERDUE_MS });
  const { node, at, fence } = task;
  const { type, subject, time, data } = progress;
  draft.send({
    kind: 'emit',
    node,
    at,
    fence,
    event: { ...headOf(draft, task), type, subject, time, data, hops: draft.run.origin.hops + 1 },
  });
}

/** The confirmation was lost, or the message: the same event goes out again. */
export function emitAgain(draft: Draft, task: TaskState, progress: EmitProgress): void {
  publish(draft, task, progress);
}

/** The broker has it. */
export function emitted(draft: Draft, input: Extract<Input, { kind: 'emitted' }>): Applied {
  const task = draft.find(input.node, input.at);
  if (task === null || task.fence !== input.fence || task.progress?.kind !== 'emit' || task.status !== 'waiting') return 'stale';
  const { type, subject, time } = task.progress;
  const { id, source } = headOf(draft, task);
  endInstance(draft, { ...task, progress: null }, succeededWith(draft, toJsonText({ id, source, type, subject, time })));
  return 'applied';
}

/** What identifies an event is the same however often it is published. */
function headOf(draft: Draft, task: TaskState) {
  const path = pathOf(draft.workflow, task);
  // What begins anew in a run that was taken up again tells something else: under the old id it would be taken for a conflict.
  const again = task.fence > 1 ? `#${task.fence}` : '';
  return {
    id: `${draft.run.id}/${path.length <= MAX_PATH_LENGTH ? path : keyOf(task.node, task.at)}${again}`,
    source: `reprise/${draft.workflow.name}`,
  };
}
