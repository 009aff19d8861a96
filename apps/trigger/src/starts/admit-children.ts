import { type Outgoing, type TopologyNames, toInbox } from '@reprise/contracts';
import type { RunId, TaskError } from '@reprise/core';
import { ChildStore, type Session } from '@reprise/ledger';
import type { ChildPlan, Plan } from './plan.js';
import { parentKey } from './plan-child.js';
import type { ChildRequest, PlannedStart } from './start-request.js';

/** What becomes of the child runs of a batch. */
export interface AdmittedChildren {
  readonly started: ReadonlySet<PlannedStart>;
  /** What the tasks that wait for them, and those that were started before, are told. */
  readonly outgoing: readonly Outgoing[];
}

type Startable = Extract<ChildPlan, { kind: 'child' }>;

/**
 * Locks the tasks that wait, so that a child is started once and never for a task that has stopped waiting, and counts it in its tree.
 * A child that is there already is told to look what it has in flight, should this message have come before: its first receiver may have died.
 */
export async function admitChildren(
  session: Session,
  names: TopologyNames,
  plans: readonly Plan[],
  limit: number,
): Promise<AdmittedChildren> {
  const refused = plans.flatMap((plan) => (plan.kind === 'refused-child' ? [refusal(names, plan.request, plan.error)] : []));
  const asked = plans.filter((plan): plan is Startable => plan.kind === 'child');
  if (asked.length === 0) return { started: new Set(), outgoing: refused };
  const store = new ChildStore(session);
  const waiting = new Set((await store.lockParents(asked.map(({ request }) => request.child))).map(parentKey));
  const there = await store.existing(asked.map(({ start }) => start.run));
  const wanted = firstOfEach(
    asked.filter(({ request, start }) => waiting.has(parentKey(request.child)) && !there.has(start.run)),
  );
  const over = await store.growTrees(countTrees(wanted), limit);
  const { admitted, rejected } = divide(wanted, over);
  const again = asked.filter(({ request, start }) => request.redelivered && there.has(start.run));
  return {
    started: new Set(admitted.map(({ start }) => start)),
    outgoing: [
      ...refused,
      ...rejected.map(({ request }) => refusal(names, request, tooLarge(limit))),
      ...again.map(({ start: { run, version } }) => toInbox(names, [{ kind: 'recover', run, version }])),
    ],
  };
}

const tooLarge = (limit: number): TaskError => ({
  code: 'TREE_TOO_LARGE',
  message: `the run at the top has started ${limit} runs with those beneath it, as many as it may`,
  details: { limit },
});

export function refusal(names: TopologyNames, { child }: ChildRequest, error: TaskError): Outgoing {
  const { run, version, node, at, fence } = child;
  return toInbox(names, [{ kind: 'refused', run, version, node, at, fence, error }]);
}

/** A message that came twice into one batch. */
const firstOfEach = (plans: readonly Startable[]): readonly Startable[] => [
  ...new Map([...plans].reverse().map((plan) => [plan.start.run, plan])).values(),
];

const rootOf = ({ start, request }: Startable): RunId => start.origin.root ?? request.child.run;

/** Sorted by root: two triggers that count the same trees must not wait for each other. */
function countTrees(plans: readonly Startable[]): ReadonlyMap<RunId, number> {
  const counts = new Map<RunId, number>();
  for (const plan of plans) counts.set(rootOf(plan), (counts.get(rootOf(plan)) ?? 0) + 1);
  return new Map([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Of each tree as many are left out as it may not have any more. */
function divide(plans: readonly Startable[], over: ReadonlyMap<RunId, number>) {
  const left = new Map(over);
  const admitted: Startable[] = [];
  const rejected: Startable[] = [];
  for (const plan of plans) {
    const tooMany = left.get(rootOf(plan)) ?? 0;
    left.set(rootOf(plan), tooMany - 1);
    (tooMany > 0 ? rejected : admitted).push(plan);
  }
  return { admitted, rejected };
}
