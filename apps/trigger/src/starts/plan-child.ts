import { type ChildStart, taskSpanId } from '@reprise/contracts';
import { type Json, type Origin, parseJsonText, type RunTrace } from '@reprise/core';
import { ChildStore, type Database, type WaitingParent, type WorkflowCache } from '@reprise/ledger';
import { checkStart } from './check-start.js';
import type { ChildPlan } from './plan.js';
import type { PlanStarts } from './plan-starts.js';
import type { ChildRequest, StartRequest } from './start-request.js';

/** How many parents may stand above a run. */
const MOST_DEPTH = 16;

/** What the task that waits for a child asks for: its row says what the run is to be, its workflow of which kind. */
export class PlanChildren {
  constructor(
    private readonly database: Database,
    private readonly workflows: WorkflowCache,
    private readonly planner: Pick<PlanStarts, 'findVersion'>,
  ) {}

  /** The tasks that wait for the children among these requests, by `parentKey`. */
  async parents(requests: readonly StartRequest[]): Promise<ReadonlyMap<string, WaitingParent>> {
    const asked = requests.flatMap((request) => (request.kind === 'child' ? [request.child] : []));
    const parents = await new ChildStore(this.database).parents(asked);
    return new Map(parents.map((parent) => [parentKey(parent), parent]));
  }

  async plan(
    request: ChildRequest,
    parent: WaitingParent | undefined,
    active: Parameters<PlanStarts['findVersion']>[2],
  ): Promise<ChildPlan> {
    const { child } = request;
    if (parent === undefined || parent.status !== 'waiting' || parent.child === null) return { kind: 'stale-child', request };
    const work = (await this.workflows.get(parent.version))?.nodes[child.node]?.work;
    if (work?.kind !== 'child') return { kind: 'stale-child', request };
    const refuse = (code: string, message: string, details?: Json): ChildPlan => ({
      kind: 'refused-child',
      request,
      error: { code, message, ...(details === undefined ? {} : { details }) },
    });
    const origin = originOf(child, parent);
    if (origin.depth > MOST_DEPTH) {
      const message = `a run cannot have more than ${MOST_DEPTH} parents above it; does ${work.workflow} start itself?`;
      return refuse('TREE_TOO_DEEP', message, { limit: MOST_DEPTH });
    }
    const found = await this.planner.findVersion(work.workflow, work.version, active);
    if (found.kind !== 'found') return refuse('NO_WORKFLOW', found.reason);
    const input = parent.input === null ? {} : parseJsonText(parent.input);
    const checked = checkStart(found.workflow, input);
    if (checked.kind === 'bad') {
      const message = `the input does not fit ${work.workflow}: ${checked.problems[0]?.message ?? 'see details'}`;
      return refuse('INVALID_INPUT', message, { problems: checked.problems.map(({ path, message }) => ({ path, message })) });
    }
    const { version, workflow } = found;
    const run = parent.child;
    const rest = { labels: {}, key: null, fingerprint: run, trigger: 'parent' };
    return {
      kind: 'child',
      request,
      parent,
      start: { run, version, workflow, input, slotKey: checked.slotKey, origin, ...rest },
    };
  }
}

export const parentKey = ({ run, node, at }: Pick<ChildStart, 'run' | 'node' | 'at'>): string => `${run}/${node}:${at}`;

function originOf({ run, version, node, at, fence }: ChildStart, parent: WaitingParent): Origin {
  const { root, depth, hops, startedBy, trace } = parent.origin;
  return {
    scheduledFor: null,
    startedBy,
    hops,
    depth: depth + 1,
    root: root ?? run,
    parent: { run, version, node, at, fence },
    ...(trace === undefined ? {} : { trace: beneath(trace, taskSpanId(run, { node, at }, parent.reopened)) }),
  };
}

const beneath = ({ id, sampled, state }: RunTrace, parent: string): RunTrace => ({
  id,
  parent,
  sampled,
  ...(state === undefined ? {} : { state }),
});
