import { createHash } from 'node:crypto';
import {
  canonicalJson,
  compileWorkflow,
  evaluateStart,
  type Json,
  NO_ORIGIN,
  type Origin,
  type RunId,
  type StartMatch,
  type VersionId,
  type Workflow,
} from '@reprise/core';
import type { EventKey, WorkflowStore } from '@reprise/ledger';
import type { ActiveWorkflow } from '../definitions/active-workflows.js';
import type { Interests } from '../events/interests.js';
import { matchTrigger } from '../events/match-event.js';
import type { TriggerEvent } from '../events/trigger-event.js';
import { type CheckedStart, checkNewStart } from './check-start.js';
import { originOf, refuseHops } from './event-hops.js';
import type { KeyClaim, Plan } from './plan.js';
import type {
  ChildRequest,
  EventResult,
  PlannedStart,
  RerunRequest,
  RunAnswer,
  StartRequest,
  TriggeredRequest,
} from './start-request.js';

type ActiveByName = ReadonlyMap<string, ActiveWorkflow>;

/** Nothing stands between a probe and its run. */
const PROBE = { kind: 'probe', condition: null, input: null, key: null } as const;

/** Matches events, finds versions, checks inputs: everything that can be said no to before a transaction. */
export class PlanStarts {
  constructor(
    private readonly store: WorkflowStore,
    private readonly freshRunId: () => RunId,
    private readonly maxInputBytes: number,
  ) {}

  async plan(
    request: Exclude<StartRequest, ChildRequest | RerunRequest>,
    active: ActiveByName,
    interests: Interests,
  ): Promise<Plan> {
    if (request.kind === 'start') return this.planStart(request, active);
    if (request.kind === 'triggered') return this.planTriggered(request);
    const { event, startOf, via } = request;
    if (startOf === undefined) return this.planEvent(event, active, interests);
    const start = { kind: 'start', workflow: startOf, version: null, input: event.data, labels: {}, key: null, via } as const;
    const plan = await this.planStart(start, active);
    return plan.kind === 'start' ? { kind: 'event', event, starts: [plan.start], results: [], keys: [] } : plan;
  }

  private planEvent(event: TriggerEvent, active: ActiveByName, interests: Interests): Plan {
    const refusal = refuseHops(event);
    if (refusal !== null) return eventPlan(event, [refusal]);
    const origin = originOf(event);
    const found: (PlannedStart | EventResult)[] = [];
    for (const { version, workflow } of active.values()) {
      for (const trigger of workflow.triggers) {
        const match = trigger.kind === 'event' ? matchTrigger(trigger, event) : null;
        if (match !== null) found.push(this.planMatch(match, { version, workflow, trigger: 'event', origin }));
      }
    }
    return eventPlan(event, found, interests.keysOf(event));
  }

  private planTriggered({ event, targets, results = [] }: TriggeredRequest): Plan {
    const found = targets.map(({ version, workflow, trigger: number, variables, input = event.data, labels, origin }) => {
      const trigger = number === 'probe' ? PROBE : workflow.triggers[number];
      if (trigger === undefined) throw new Error(`${workflow.name} has no trigger ${number} in version ${version}`);
      const match = evaluateStart(trigger, variables, input);
      return this.planMatch(match, {
        version,
        workflow,
        trigger: trigger.kind,
        ...(labels === undefined ? {} : { labels }),
        ...(origin === undefined ? {} : { origin }),
      });
    });
    return eventPlan(event, [...results, ...found]);
  }

  /** The run that a matching trigger asks for, or why there is none. */
  private planMatch(match: StartMatch, about: About): PlannedStart | EventResult {
    const { workflow } = about;
    if (match.kind === 'unmatched') return { workflow: workflow.name, kind: 'unmatched', reason: match.reason };
    const checked = checkNewStart(workflow, match.input, this.maxInputBytes);
    if (checked.kind === 'bad') return { workflow: workflow.name, kind: 'rejected', reason: reasonOf(checked.problems) };
    return this.planned(about, { ...checked, input: match.input, key: match.key, versionText: null });
  }

  private async planStart(request: Extract<StartRequest, { kind: 'start' }>, active: ActiveByName): Promise<Plan> {
    const found = await this.findVersion(request.workflow, request.version, active);
    if (found.kind !== 'found') return { kind: 'refused', answer: found, claim: claimOf(request) };
    const { version, workflow } = found;
    const checked = checkNewStart(workflow, request.input, this.maxInputBytes);
    if (checked.kind === 'bad') {
      return { kind: 'refused', answer: { kind: 'invalid', problems: checked.problems }, claim: claimOf(request) };
    }
    const { input, labels, key, version: versionText } = request;
    const origin = { ...NO_ORIGIN, startedBy: request.startedBy ?? null };
    const about = { version, workflow, trigger: request.via, labels, origin };
    return { kind: 'start', start: this.planned(about, { ...checked, input, key, versionText }) };
  }

  async findVersion(
    name: string,
    wanted: string | null,
    active: ActiveByName,
  ): Promise<
    | { readonly kind: 'found'; readonly version: VersionId; readonly workflow: Workflow }
    | Extract<RunAnswer, { kind: 'unknown' | 'archived' }>
  > {
    const current = active.get(name);
    if (wanted === null && current !== undefined) return { kind: 'found', ...current };
    // A routing key may hold anything; asked for a NUL the database would refuse the whole batch.
    if (!isKeepable(name)) return { kind: 'unknown', reason: 'no workflow has a NUL in its name' };
    const stored = await this.store.find(name, wanted ?? undefined);
    if (stored === null) {
      return {
        kind: 'unknown',
        reason: wanted === null ? `there is no workflow ${name}` : `workflow ${name} has no version ${wanted}`,
      };
    }
    if (stored.archived)
      return { kind: 'archived', reason: `workflow ${name} is archived and starts nothing; register it again to revive it` };
    return { kind: 'found', version: stored.version.id, workflow: compileWorkflow(stored.version.document) };
  }

  private planned(
    { version, workflow, trigger, labels = {}, origin = NO_ORIGIN }: About,
    { input, key, slotKey, versionText }: Wanted,
  ): PlannedStart {
    const fingerprint = runFingerprint(input, versionText, labels);
    return { run: this.freshRunId(), version, workflow, input, labels, key, slotKey, fingerprint, trigger, origin };
  }
}

/** With what. */
interface Wanted extends Extract<CheckedStart, { kind: 'ok' }> {
  readonly input: Json;
  readonly key: string | null;
  readonly versionText: string | null;
}

/** Which version starts, and what started it. */
interface About {
  readonly version: VersionId;
  readonly workflow: Workflow;
  readonly trigger: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly origin?: Origin;
}

function eventPlan(event: TriggerEvent, found: readonly (PlannedStart | EventResult)[], keys: readonly EventKey[] = []): Plan {
  const starts = found.flatMap((each) => ('kind' in each ? [] : [each]));
  return { kind: 'event', event, starts, results: found.flatMap((each) => ('kind' in each ? [each] : [])), keys };
}

const isKeepable = (name: string): boolean => !name.includes('\u0000');

const claimOf = ({ workflow, key, input, version, labels }: Extract<StartRequest, { kind: 'start' }>): KeyClaim | null =>
  key === null || !isKeepable(workflow) ? null : { workflow, key, fingerprint: runFingerprint(input, version, labels) };

/** The first problem, and where it is. */
const reasonOf = ([problem]: readonly { readonly path: string; readonly message: string }[]): string =>
  `input${dotted(problem?.path ?? '')}: ${problem?.message ?? 'does not fit'}`;

const dotted = (path: string): string => (path === '' ? '' : `.${path}`);

/** Two starts of one key are the same when these agree: SHA-256 of the canonical JSON of input, version and labels. */
export const runFingerprint = (input: Json, version: string | null, labels: Readonly<Record<string, string>>): string =>
  createHash('sha256').update(canonicalJson({ input, version, labels })).digest('hex');
