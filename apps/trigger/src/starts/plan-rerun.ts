import { createHash } from 'node:crypto';
import { canonicalJson, hasRunEnded, type Origin, parseJsonText, type RunId, reuseOf, type Workflow } from '@reprise/core';
import { type RepeatedRun, RerunStore, type Session, type WorkflowCache } from '@reprise/ledger';
import { checkStart } from './check-start.js';
import type { KeyClaim, Plan } from './plan.js';
import type { PlanStarts } from './plan-starts.js';
import type { PlannedReuse, RerunRefusal, RerunRequest, RunAnswer, StartRequest } from './start-request.js';

type ActiveByName = Parameters<PlanStarts['findVersion']>[2];
type Found = Awaited<ReturnType<PlanStarts['findVersion']>>;

/** Whoever wants the current version, not that of the earlier run. */
const LATEST = 'latest';

/** What a run is to be that repeats another one: its input and labels, and its version unless another is asked for. */
export class PlanReruns {
  constructor(
    private readonly workflows: WorkflowCache,
    private readonly planner: Pick<PlanStarts, 'findVersion'>,
    private readonly freshRunId: () => RunId,
  ) {}

  /** The runs that these requests want to have again. */
  async before(requests: readonly StartRequest[], session: Session): Promise<ReadonlyMap<RunId, RepeatedRun>> {
    const asked = requests.flatMap((request) => (request.kind === 'rerun' ? [request.run] : []));
    return new RerunStore(session).find([...new Set(asked)]);
  }

  async plan(request: RerunRequest, before: RepeatedRun | undefined, active: ActiveByName): Promise<Plan> {
    if (before === undefined) return { kind: 'refused', answer: { kind: 'no-run', run: request.run }, claim: null };
    const refuse = (answer: RunAnswer): Plan => ({ kind: 'refused', answer, claim: claimOf(request, before) });
    if (!hasRunEnded(before.status)) return refuse({ kind: 'open-run', run: before.id, status: before.status });
    const found = await this.findVersion(request, before, active);
    if (found.kind !== 'found') return refuse(found);
    const { version, workflow } = found;
    const input = parseJsonText(before.input);
    const checked = checkStart(workflow, input);
    if (checked.kind === 'bad') return refuse({ kind: 'invalid', problems: checked.problems });
    const reuse = request.from === null ? null : await this.reuse(before, workflow, request.from);
    if (reuse !== null && 'kind' in reuse) return refuse(reuse);
    const { labels } = before;
    const about = {
      run: this.freshRunId(),
      version,
      workflow,
      input,
      labels,
      trigger: 'rerun',
      origin: originOf(request, before),
    };
    const { key, slotKey } = { key: request.key, slotKey: checked.slotKey };
    const start = { ...about, key, slotKey, fingerprint: fingerprintOf(request) };
    return { kind: 'start', start: reuse === null ? start : { ...start, reuse } };
  }

  private async findVersion({ version }: RerunRequest, before: RepeatedRun, active: ActiveByName): Promise<Found> {
    const wanted = await this.planner.findVersion(before.workflow, version === LATEST ? null : version, active);
    // Asked for without a version it is looked up all the same: an archived workflow starts nothing.
    if (wanted.kind !== 'found' || version !== null) return wanted;
    const workflow = await this.workflows.get(before.version);
    if (workflow === null) throw new Error(`run ${before.id}: there is no workflow version ${before.version}`);
    return { kind: 'found', version: before.version, workflow };
  }

  private async reuse(before: RepeatedRun, workflow: Workflow, from: string): Promise<PlannedReuse | RerunRefusal> {
    if (before.compensated) return { kind: 'compensated', run: before.id };
    const then = await this.workflows.get(before.version);
    if (then === null) throw new Error(`run ${before.id}: there is no workflow version ${before.version}`);
    const reuse = reuseOf(workflow, { workflow: then, scope: { states: before.scope, closing: before.closing } }, from);
    if (reuse.kind === 'unknown-task') return { kind: 'unknown-task', from, known: reuse.known };
    return { before: before.id, states: reuse.states, tasks: reuse.tasks };
  }
}

const claimOf = (request: RerunRequest, { workflow }: RepeatedRun): KeyClaim | null =>
  request.key === null ? null : { workflow, key: request.key, fingerprint: fingerprintOf(request) };

/** A run of its own, whoever had started the earlier one; but what it was scheduled for is what it is about. */
const originOf = ({ startedBy }: RerunRequest, { id, origin }: RepeatedRun): Origin => ({
  scheduledFor: origin.scheduledFor,
  startedBy,
  hops: origin.hops,
  depth: 0,
  root: null,
  parent: null,
  rerunOf: id,
});

const fingerprintOf = ({ run, version, from }: RerunRequest): string =>
  createHash('sha256')
    .update(canonicalJson({ rerunOf: run, version, from }))
    .digest('hex');
