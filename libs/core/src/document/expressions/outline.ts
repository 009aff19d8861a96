import { entryOf, isText, type Located, type LocatedList, type LocatedMap } from '../values/located.js';
import { refuseName } from '../values/names.js';
import type { Report, Where } from '../values/problem.js';
import { describe, didYouMean, refuseValue } from '../values/read-value.js';

/** One task of a group, before its fields are looked at. */
export interface MemberOutline {
  readonly id: string;
  readonly where: Where;
  readonly body: LocatedMap;
  readonly position: number;
  /** Ids of siblings, as written and existing. */
  readonly needs: readonly Need[];
  readonly loops: boolean;
}

export interface Need extends Where {
  readonly id: string;
}

/** A group's tasks and who needs whom; what expressions may read follows from it. */
export class GroupOutline {
  private readonly byId: ReadonlyMap<string, MemberOutline>;
  private readonly needed = new Map<MemberOutline, ReadonlySet<MemberOutline>>();

  constructor(
    readonly members: readonly MemberOutline[],
    readonly sequence: boolean,
  ) {
    this.byId = new Map(members.map((member) => [member.id, member]));
  }

  member(id: string): MemberOutline | undefined {
    return this.byId.get(id);
  }

  /** Does `task` need `other`, itself or through others? */
  needs(task: MemberOutline, other: MemberOutline): boolean {
    if (this.sequence) return other.position < task.position;
    return other !== task && this.allNeeds(task).has(other);
  }

  private allNeeds(task: MemberOutline): ReadonlySet<MemberOutline> {
    const known = this.needed.get(task);
    if (known !== undefined) return known;
    const found = new Set<MemberOutline>();
    const queue = [task];
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      for (const { id } of next.needs) {
        const member = this.byId.get(id);
        if (member === undefined || found.has(member)) continue;
        found.add(member);
        queue.push(member);
      }
    }
    this.needed.set(task, found);
    return found;
  }
}

const EXPECTED = 'a map of tasks (a graph by `needs`) or a list of tasks (a sequence)';

/** The members of `tasks`, with valid ids; null if there is nothing to go on with. */
export function outlineGroup(tasks: Located, report: Report): GroupOutline | null {
  if (tasks.kind !== 'map' && tasks.kind !== 'list') return refuseValue(tasks, report, EXPECTED);
  const count = tasks.kind === 'map' ? tasks.entries.length : tasks.items.length;
  if (count === 0) report.refuse(tasks, 'there are no tasks', 'a group needs at least one');
  return tasks.kind === 'map' ? outlineGraph(tasks, report) : outlineSequence(tasks, report);
}

function outlineGraph(tasks: LocatedMap, report: Report): GroupOutline {
  const ids = tasks.entries.map((entry) => entry.key);
  const members: MemberOutline[] = [];
  for (const { key, keyAt, value } of tasks.entries) {
    const refusal = refuseName(key);
    if (refusal !== null) report.refuse(keyAt, refusal.message, refusal.hint);
    const body = readBody(value, report);
    if (body === null) continue;
    const needs = readNeeds(key, body, new Set(ids), report);
    members.push({ id: key, where: keyAt, body, position: members.length, needs, loops: entryOf(body, 'forEach') !== undefined });
  }
  return new GroupOutline(members, false);
}

function outlineSequence(tasks: LocatedList, report: Report): GroupOutline {
  const members: MemberOutline[] = [];
  const ids = new Set<string>();
  for (const item of tasks.items) {
    const body = readBody(item, report);
    if (body === null) continue;
    const id = readId(body, ids, report);
    const needs = entryOf(body, 'needs');
    if (needs !== undefined) {
      report.refuse(
        needs.keyAt,
        '`needs` is not allowed in a list of tasks',
        'each item needs the one before it; write a map of tasks for a graph',
      );
    }
    members.push({
      id: id ?? '',
      where: item,
      body,
      position: members.length,
      needs: [],
      loops: entryOf(body, 'forEach') !== undefined,
    });
  }
  return new GroupOutline(members, true);
}

function readBody(value: Located, report: Report): LocatedMap | null {
  if (value.kind === 'map') return value;
  if (value.kind !== 'unreadable')
    report.refuse(value, `a task must be a map, not ${describe(value)}`, 'for example `{ call: http, with: { … } }`');
  return null;
}

function readId(body: LocatedMap, taken: Set<string>, report: Report): string | null {
  const entry = entryOf(body, 'id');
  if (entry === undefined) {
    report.refuse(body, 'the task has no `id`', 'each item of a list of tasks needs one');
    return null;
  }
  if (!isText(entry.value)) return refuseValue(entry.value, report, 'a text', 'quote it if it is meant as text');
  const id = entry.value.value;
  const refusal = refuseName(id);
  if (refusal !== null) report.refuse(entry.value, refusal.message, refusal.hint);
  else if (taken.has(id))
    report.refuse(entry.value, `there is already a task \`${id}\` in this list`, 'ids are unique in their group');
  taken.add(id);
  return id;
}

function readNeeds(id: string, body: LocatedMap, siblings: ReadonlySet<string>, report: Report): readonly Need[] {
  const entry = entryOf(body, 'needs');
  if (entry === undefined) return [];
  if (entry.value.kind !== 'list' && !isText(entry.value)) {
    refuseValue(entry.value, report, 'a list of task ids');
    return [];
  }
  const needs: Need[] = [];
  for (const item of entry.value.kind === 'list' ? entry.value.items : [entry.value]) {
    if (!isText(item)) {
      refuseValue(item, report, 'the id of a task');
    } else if (!siblings.has(item.value)) {
      const others = [...siblings].filter((sibling) => sibling !== id);
      const hint = didYouMean(item.value, others) ?? 'a task can need only tasks beside it';
      report.refuse(item, `there is no task \`${item.value}\` here`, hint);
    } else if (needs.some((need) => need.id === item.value)) {
      report.refuse(item, `\`${item.value}\` is listed twice`);
    } else {
      needs.push({ id: item.value, path: item.path, offset: item.offset });
    }
  }
  return needs;
}
