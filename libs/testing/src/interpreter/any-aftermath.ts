import type { Json } from '@reprise/core';

type Fields = { readonly [key: string]: Json };

const isMap = (value: Json | undefined): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Kinds of task that may be undone. */
const UNDONE = ['call', 'transform', 'tasks', 'emit', 'workflow'];

/**
 * The same document with compensations here and there, and sometimes `onFailure`: which ones the tape tells. Some cannot be started
 * (an expression in them fails), some may end as failed, most wait for a person when they fail for good.
 */
export function withAftermath(document: Json, tape: readonly number[]): Json {
  if (!isMap(document)) return document;
  let next = 0;
  const draw = (): number => tape[next++] ?? 0;
  const tasks = undoneIn(document['tasks'] ?? {}, draw);
  return { ...document, tasks, ...(draw() % 3 > 0 ? { onFailure: tellers(draw()) } : {}) };
}

function undoneIn(tasks: Json, draw: () => number): Json {
  if (Array.isArray(tasks)) return tasks.map((task: Json) => (isMap(task) ? undone(task, draw) : task));
  if (!isMap(tasks)) return tasks;
  return Object.fromEntries(Object.entries(tasks).map(([id, task]) => [id, isMap(task) ? undone(task, draw) : task]));
}

function undone(task: Fields, draw: () => number): Fields {
  const inner = task['tasks'] === undefined ? task : { ...task, tasks: undoneIn(task['tasks'], draw) };
  const chance = draw();
  if (chance % 3 === 0 || !UNDONE.some((kind) => kind in task)) return inner;
  return { ...inner, compensate: compensation(chance) };
}

function compensation(chance: number): Json {
  const broken: Record<string, Json> = chance % 11 === 0 ? { broken: '${{ output.is.not.there }}' } : {};
  return {
    call: 'any.undo',
    with: { of: '${{ output }}', because: '${{ run.error.code }}', ...broken },
    retry: { maximumAttempts: 1 + (chance % 3), initialInterval: '1s', ...(chance % 5 === 0 ? { onExhausted: 'fail' } : {}) },
  };
}

const tellers = (chance: number): Json => [
  { id: 'tell', call: 'any.tell', with: { error: '${{ run.error }}' }, retry: { maximumAttempts: 1 + (chance % 2) } },
  ...(chance % 2 === 0 ? [{ id: 'note', transform: '${{ run.error.code }}' }] : []),
];
