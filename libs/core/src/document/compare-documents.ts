import { canonicalJson, type Json } from '../json.js';

/** One difference between two versions. `path` as in error messages: `tasks.charge.retry.maximumAttempts`, `tasks[tell].with`. */
export type DocumentChange =
  | { readonly kind: 'added'; readonly path: string; readonly after: Json }
  | { readonly kind: 'removed'; readonly path: string; readonly before: Json }
  | { readonly kind: 'changed'; readonly path: string; readonly before: Json; readonly after: Json }
  /** The same tasks of a sequence, in another order: the ids. */
  | { readonly kind: 'moved'; readonly path: string; readonly before: Json; readonly after: Json };

type JsonMap = { readonly [key: string]: Json };

const isMap = (value: Json): value is JsonMap => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * What changed between two documents, in the order of the newer one. The tasks of a sequence are compared by their `id`, so that one
 * put in the middle is one addition. Order within maps means nothing.
 */
export function compareDocuments(before: Json, after: Json): readonly DocumentChange[] {
  return compare('', before, after);
}

function compare(path: string, before: Json, after: Json): readonly DocumentChange[] {
  if (canonicalJson(before) === canonicalJson(after)) return [];
  if (isMap(before) && isMap(after)) return compareMaps(before, after, (key) => (path === '' ? key : `${path}.${key}`));
  const [old, young] = [byId(before), byId(after)];
  if (old !== null && young !== null) return [...moved(path, old, young), ...compareMaps(old, young, (id) => `${path}[${id}]`)];
  return [{ kind: 'changed', path, before, after }];
}

function compareMaps(before: JsonMap, after: JsonMap, inside: (key: string) => string): readonly DocumentChange[] {
  const now = Object.entries(after).flatMap(([key, young]): readonly DocumentChange[] => {
    const old = Object.hasOwn(before, key) ? before[key] : undefined;
    return old === undefined ? [{ kind: 'added', path: inside(key), after: young }] : compare(inside(key), old, young);
  });
  const gone = Object.entries(before).filter(([key]) => !Object.hasOwn(after, key));
  return [...now, ...gone.map(([key, old]): DocumentChange => ({ kind: 'removed', path: inside(key), before: old }))];
}

/** Ids that both have, when they stand in another order. */
function moved(path: string, before: JsonMap, after: JsonMap): readonly DocumentChange[] {
  const old = Object.keys(before).filter((id) => Object.hasOwn(after, id));
  const young = Object.keys(after).filter((id) => Object.hasOwn(before, id));
  return old.join('\n') === young.join('\n') ? [] : [{ kind: 'moved', path, before: old, after: young }];
}

/** A list of tasks as a map, or null: something in it has no id of its own. */
function byId(list: Json): JsonMap | null {
  if (!Array.isArray(list)) return null;
  const map = new Map<string, Json>();
  for (const item of list as readonly Json[]) {
    const id = isMap(item) ? item['id'] : undefined;
    if (typeof id !== 'string' || map.has(id)) return null;
    map.set(id, item);
  }
  return Object.fromEntries(map);
}
