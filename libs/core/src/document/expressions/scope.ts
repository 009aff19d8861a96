import type { GroupOutline, MemberOutline } from './outline.js';

/** What an expression may read where it stands. */
export interface Scope {
  readonly roots: ReadonlySet<string>;
  /** `each`, the names that loops gave themselves, `round`. */
  readonly loops: readonly string[];
  /** null: no task can be read. */
  readonly tasks: TaskScope | null;
  /** The fields of the run's input; null: anything may be there. */
  readonly inputFields: readonly string[] | null;
  /** No run is there yet, but its input is. */
  readonly atStart?: true;
  /** What a poll calls with, and what it makes of the result. */
  readonly poll?: 'call' | 'result';
}

/** The tasks that can be read inside a group: those that `self` needs, or all when `self` is null (the group's own output). */
export interface TaskScope {
  readonly group: GroupOutline;
  readonly self: MemberOutline | null;
  /** `self` is being undone: it can be read too. */
  readonly undoing?: true;
  /** Where the group itself stands. */
  readonly outer: TaskScope | null;
}

/** A scope inside a group. */
export type GroupScope = Scope & { readonly tasks: TaskScope };

export type TaskLookup =
  | { readonly kind: 'readable'; readonly task: MemberOutline }
  | {
      readonly kind: 'self' | 'not-needed';
      readonly task: MemberOutline;
      readonly self: MemberOutline;
      readonly sequence: boolean;
    }
  | { readonly kind: 'unknown'; readonly candidates: readonly string[] };

/** The task that `tasks.ID` means: own siblings first, then outwards, as when the run evaluates it. */
export function lookUpTask(scope: TaskScope, id: string): TaskLookup {
  const candidates: string[] = [];
  for (let level: TaskScope | null = scope; level !== null; level = level.outer) {
    const { group, self } = level;
    const task = group.member(id);
    if (task !== undefined) {
      if (self === null || group.needs(self, task) || (task === self && level.undoing === true))
        return { kind: 'readable', task };
      return { kind: task === self ? 'self' : 'not-needed', task, self, sequence: group.sequence };
    }
    candidates.push(...group.members.map((member) => member.id));
  }
  return { kind: 'unknown', candidates };
}

/** Around the workflow's tasks. */
export function workflowScope(inputFields: readonly string[] | null): Scope {
  return { roots: new Set(['input', 'tasks', 'run']), loops: [], tasks: null, inputFields };
}

/** Before the first task of a run: only its input is there. */
export function startScope(inputFields: readonly string[] | null): Scope {
  return { roots: new Set(['input']), loops: [], tasks: null, inputFields, atStart: true };
}

export function triggerScope(): Scope {
  return { roots: new Set(['event']), loops: [], tasks: null, inputFields: null };
}

/** In a schedule: when it fires is all there is. */
export function scheduleScope(): Scope {
  return { roots: new Set(['schedule']), loops: [], tasks: null, inputFields: null };
}

/** What a poll calls with. */
export const probeScope = (): Scope => ({ ...scheduleScope(), poll: 'call' });

/** What a poll makes of what its call has returned. */
export const resultScope = (): Scope => ({ ...withRoot(scheduleScope(), 'output'), poll: 'result' });

/** Inside a member of the scope's group. */
export const memberScope = (scope: GroupScope, self: MemberOutline): GroupScope => ({
  ...scope,
  tasks: { ...scope.tasks, self },
});

/** Inside a group that stands at `scope`. */
export const groupScope = (scope: Scope, group: GroupOutline): GroupScope => ({
  ...scope,
  tasks: { group, self: null, outer: scope.tasks },
});

export const loopScope = (scope: Scope, as: string | null): Scope => ({
  ...scope,
  loops: [...new Set([...scope.loops, 'each', ...(as === null ? [] : [as])])],
});

/** Inside the rounds of a repeat. */
export const roundScope = (scope: Scope): Scope => ({ ...scope, loops: [...new Set([...scope.loops, 'round'])] });

/** Inside what undoes a member: what its own work may read, and what came of that. */
export const undoScope = (scope: GroupScope, loops: readonly string[]): Scope => ({
  ...withRoot(scope, 'output'),
  tasks: { ...scope.tasks, undoing: true },
  loops,
});

export const withRoot = (scope: Scope, root: string): Scope => ({ ...scope, roots: new Set([...scope.roots, root]) });
