import type { At } from '../../address.js';
import { indexAt, itemAt, keyOf, outerAt } from '../../address.js';
import { instantText } from '../../calendar/instant-text.js';
import type { Reference } from '../../expression/index.js';
import type { Json } from '../../json.js';
import { parseJsonText } from '../../json.js';
import { resolveTask } from '../../workflow/resolve-task.js';
import type { Node } from '../../workflow/workflow.js';
import type { Draft } from './draft.js';
import type { TaskError } from './outcome.js';
import type { MemberState } from './scope.js';
import { CANCELLED, CONTINUED, FAILED, hasEnded, memberState, SKIPPED, SUCCEEDED } from './scope.js';
import { statesOf } from './scope-owner.js';
import type { TaskState } from './task-state.js';

export type Variables = Readonly<Record<string, unknown>>;

/** Where an expression stands: inside an instance of `node`, or at the root when `node` is null. */
export interface Place {
  readonly node: Node | null;
  readonly at: At;
}

/** Where it is read from: what undoes an instance reads what that instance could read, and the instance itself. */
interface Stand extends Place {
  readonly undone: TaskState | null;
}

function standIn(draft: Draft, { node, at }: Place): Stand {
  if (node === null || node.compensates === null) return { node, at, undone: null };
  return { node: draft.node(node.compensates), at, undone: draft.get(node.compensates, at) };
}

/** The values that the references name, and nothing else, so that nothing else needs to be loaded. */
export function variablesFor(draft: Draft, standing: Place, references: readonly Reference[]): Variables {
  const place = standIn(draft, standing);
  const variables: Record<string, unknown> = Object.create(null);
  draft.visitAll(references, (reference) => {
    switch (reference.root) {
      case 'input':
        variables['input'] ??= draft.value(draft.run.input, 'run');
        break;
      case 'schedule':
        // Only the task of a probe can read it: what it is fired with is the instant.
        variables['schedule'] ??= draft.value(draft.run.input, 'run');
        break;
      case 'run':
        variables['run'] ??= runVariable(draft);
        break;
      case 'tasks':
        addTask(draft, place, reference, variables);
        break;
      case 'output':
        if (place.undone !== null) variables['output'] ??= draft.value(place.undone.output, keyOf(place.undone.node, place.at));
        break;
      case 'round':
        addRound(draft, place, reference, variables);
        break;
      default: {
        const item = loopVariable(draft, place, reference.root);
        if (item !== null) variables[reference.root] ??= item;
      }
    }
  });
  return variables;
}

export const errorVariable = (error: TaskError | null): Json =>
  error === null ? null : { code: error.code, message: error.message, details: error.details ?? null, task: error.task ?? null };

function runVariable(draft: Draft): Json {
  const { run, workflow } = draft;
  return {
    id: run.id,
    workflow: workflow.name,
    startedAt: run.startedAt === null ? null : new Date(run.startedAt).toISOString(),
    scheduledFor: run.origin.scheduledFor === null ? null : instantText(run.origin.scheduledFor),
    labels: run.labels,
    error: errorVariable(run.error ?? run.scope.error),
  };
}

const MEMBER_STATUS: Readonly<Record<MemberState, string>> = {
  '.': 'pending',
  o: 'running',
  [SUCCEEDED]: 'succeeded',
  [FAILED]: 'failed',
  [CONTINUED]: 'failed',
  [SKIPPED]: 'skipped',
  [CANCELLED]: 'cancelled',
};

function addTask(draft: Draft, place: Stand, reference: Reference, variables: Record<string, unknown>): void {
  const id = reference.path[0];
  const target = id === undefined ? null : resolveTask(draft.workflow, place.node, id);
  if (id === undefined || target === null) return;
  variables['tasks'] ??= Object.create(null);
  const tasks = variables['tasks'] as Record<string, Record<string, Json>>;
  if (target === place.node && place.undone !== null) {
    tasks[id] = ownVariable(draft, place.undone);
    return;
  }
  const at = outerAt(place.at, target.depth);
  const state = memberState(statesOf(draft, target, at), target.position);
  tasks[id] ??= { status: MEMBER_STATUS[state], output: null, error: null, attempts: 0, items: null };
  const task = tasks[id];
  const ran = hasEnded(state) && state !== SKIPPED;
  const field = reference.path[1];
  if (!ran || field === 'status') return;
  const row = draft.get(target.index, at);
  task['attempts'] = row.attempt;
  task['error'] = errorVariable(row.error);
  if (field === undefined || field === 'output') task['output'] = draft.value(row.output, keyOf(row.node, row.at));
  if ((field === undefined || field === 'items') && target.forEach !== null)
    task['items'] = itemsVariable(draft, target.index, at);
}

function ownVariable(draft: Draft, own: TaskState): Record<string, Json> {
  const output = draft.value(own.output, keyOf(own.node, own.at));
  return { status: own.status, output, error: errorVariable(own.error), attempts: own.attempt, items: null };
}

function itemsVariable(draft: Draft, node: number, at: At): Json {
  const items = draft.itemResults(draft.get(node, at));
  if (items.kind === 'too-large') return null;
  return items.results.map((item) => ({
    status: item.status,
    output: item.output === null ? null : parseJsonText(item.output),
    error: errorVariable(item.error),
  }));
}

/** The instances around a place, innermost first: each node with the whole `at` inside of it. */
function* around(draft: Draft, place: Place): Generator<{ readonly node: Node; readonly at: At }> {
  let { node, at } = place;
  while (node !== null) {
    yield { node, at };
    at = outerAt(at, node.depth);
    node = node.parent === null ? null : draft.node(node.parent);
  }
}

/** `each`, or the name a loop gave itself: `{value, index}` of the innermost loop that bears it. */
function loopVariable(draft: Draft, place: Place, name: string): Json {
  for (const { node, at } of around(draft, place)) {
    const index = node.forEach === null ? null : indexAt(at, node.depth);
    if (index !== null && (name === 'each' || node.forEach?.as === name))
      return { value: draft.listItem(node.index, outerAt(at, node.depth), index), index };
  }
  return null;
}

/** `round` of the innermost repeat around the place: its number, and what the round before it gave. */
function addRound(draft: Draft, place: Place, reference: Reference, variables: Record<string, unknown>): void {
  for (const { node, at } of around(draft, place)) {
    const level = node.levels.indexOf('repeat');
    const number = level < 0 ? null : indexAt(at, node.depth + level);
    if (number === null) continue;
    variables['round'] ??= { number, last: null };
    if (number === 1 || reference.path[0] === 'number') return;
    const before = draft.get(node.index, itemAt(outerAt(at, node.depth + level), number - 1));
    variables['round'] = { number, last: draft.value(before.output, keyOf(before.node, before.at)) };
    return;
  }
}
