import type { PublishOutgoing } from '@reprise/broker';
import type { Outgoing, TopologyNames } from '@reprise/contracts';
import { hasRunEnded, type RunId } from '@reprise/core';
import {
  classifyError,
  type Database,
  type DatabaseClock,
  RepeatStore,
  RerunStore,
  type Session,
  StartStore,
  type StartWrite,
  SuccessStore,
} from '@reprise/ledger';
import { type Clock, faultPoint, type Logger, type Metrics, type Settings, type Tracing } from '@reprise/service';
import type { ActiveWorkflow, ActiveWorkflows } from '../definitions/active-workflows.js';
import { admitChildren, refusal } from './admit-children.js';
import { type AdmittedEvents, admitEvents, changedEvents, recoveries } from './admit-events.js';
import { answerReplays } from './answer-replays.js';
import { answerOf } from './answer-request.js';
import { type BegunRun, beginRuns } from './begin-runs.js';
import { type Birth, countBirths, successesOf } from './count-births.js';
import { logStarts } from './log-starts.js';
import { noteRepeats } from './note-repeats.js';
import type { Plan } from './plan.js';
import { type PlanChildren, parentKey } from './plan-child.js';
import type { PlanReruns } from './plan-rerun.js';
import type { PlanStarts } from './plan-starts.js';
import type { PlannedStart, RerunRequest, StartAnswer, StartRequest, TriggeredRequest } from './start-request.js';
import { takeKeys, tellStatuses } from './take-keys.js';
import { takePlaces } from './take-places.js';
import { TraceStarts } from './trace-starts.js';
import { wakeWaits } from './wake-waits.js';

export interface StartRunsOptions {
  readonly database: Database;
  readonly databaseClock: DatabaseClock;
  readonly active: ActiveWorkflows;
  readonly planner: PlanStarts;
  readonly children: PlanChildren;
  readonly reruns: PlanReruns;
  readonly publisher: Pick<PublishOutgoing, 'publish'>;
  readonly names: TopologyNames;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** null: no spans are kept. */
  readonly tracing: Tracing | null;
}

export interface Started {
  /** In the order of the requests; fewer than those when the ledger was lost on the way: then `told` rejects. */
  readonly answers: readonly StartAnswer[];
  readonly told: Promise<void>;
}

/** What rows of the ledger may ask for. */
export type AskedRequest = TriggeredRequest | RerunRequest;

/** What asks for runs by rows of its own: both change in one transaction, which may be run again. */
export interface AskingRows {
  /** Locks the rows, and says what they ask for. `workflows`: those that may start, as they were just before. */
  ask(session: Session, workflows: ReadonlyMap<string, ActiveWorkflow>): Promise<readonly AskedRequest[]>;
  /** Writes what the answers mean to them; returns what is to be told besides. */
  settle(session: Session, answers: readonly StartAnswer[]): Promise<readonly Outgoing[]>;
}

interface Committed {
  readonly answers: readonly StartAnswer[];
  readonly outgoing: readonly Outgoing[];
  readonly started: readonly PlannedStart[];
  readonly births: readonly Birth[];
  readonly begun: readonly BegunRun[];
}

/**
 * Turns requests into runs: plan → one transaction (dedupe, keys, runs, first tasks and attempts) → publish.
 * The answers hold as soon as the transaction has committed; the messages follow, and should they be lost, the watch sends them.
 */
export class StartRuns {
  private readonly trace: TraceStarts | null;

  constructor(private readonly options: StartRunsOptions) {
    const { tracing, names, clock } = options;
    this.trace = tracing === null ? null : new TraceStarts(tracing, names, () => clock.now());
  }

  /** One answer for each request that is durable. `told` resolves when what follows from them is confirmed. */
  async start(requests: readonly StartRequest[]): Promise<Started> {
    let committed: Committed;
    let plans: readonly Plan[];
    await faultPoint('trigger.before-commit');
    try {
      plans = await this.plan(requests);
      committed = await this.options.database.transaction((session) => this.commit(session, requests, plans));
    } catch (error) {
      if (classifyError(error) !== 'refused') throw error;
      return this.startApart(requests, error);
    }
    await faultPoint('trigger.after-commit');
    this.count(committed);
    this.trace?.record(requests, plans, committed);
    return { answers: committed.answers, told: this.options.publisher.publish(committed.outgoing).then(() => undefined) };
  }

  /** Starts what rows of the ledger ask for: all of it happens, or nothing. Nobody else's requests travel along. */
  async startAsked(rows: AskingRows): Promise<Started> {
    const { active, planner, reruns, database, publisher } = this.options;
    const workflows = await active.refresh();
    const committed = await database.transaction(async (session): Promise<Committed> => {
      const requests = await rows.ask(session, workflows);
      if (requests.length > 0) await this.options.databaseClock.sample(session);
      const before = await reruns.before(requests, session);
      const planned = await Promise.all(
        requests.map((request) =>
          request.kind === 'rerun'
            ? reruns.plan(request, before.get(request.run), workflows)
            : planner.plan(request, workflows, active.interests),
        ),
      );
      const plans = this.trace?.plan(requests, planned) ?? planned;
      const started = await this.commit(session, requests, plans);
      const besides = await rows.settle(session, started.answers);
      if (requests.length > 0) await faultPoint('schedule.before-commit');
      return { ...started, outgoing: [...started.outgoing, ...besides] };
    });
    if (committed.answers.length > 0) await faultPoint('schedule.after-commit');
    this.count(committed);
    this.trace?.record([], [], committed);
    return { answers: committed.answers, told: publisher.publish(committed.outgoing).then(() => undefined) };
  }

  private async plan(requests: readonly StartRequest[]): Promise<readonly Plan[]> {
    const { active, planner, children, reruns } = this.options;
    const workflows = await active.refresh();
    const parents = await children.parents(requests);
    const before = await reruns.before(requests, this.options.database);
    const plans = await Promise.all(
      requests.map((request) => {
        if (request.kind === 'child') return children.plan(request, parents.get(parentKey(request.child)), workflows);
        if (request.kind === 'rerun') return reruns.plan(request, before.get(request.run), workflows);
        return planner.plan(request, workflows, active.interests);
      }),
    );
    return this.trace?.plan(requests, plans) ?? plans;
  }

  /** One bad row never blocks a batch: halves are tried again, in their order, down to the one that is refused alone. */
  private async startApart(requests: readonly StartRequest[], error: unknown): Promise<Started> {
    const { logger } = this.options;
    if (requests.length <= 1) {
      const reason = error instanceof Error ? error.message : String(error);
      logger.error({ error, requests: requests.map(nameOf) }, 'a request is refused by the ledger');
      return { answers: requests.map(() => ({ kind: 'failed', reason })), told: this.tellParents(requests, reason) };
    }
    logger.warn({ error, requests: requests.length }, 'a batch of requests was refused, trying its halves');
    const middle = Math.ceil(requests.length / 2);
    const left = await this.start(requests.slice(0, middle));
    if (left.answers.length < middle) return left;
    try {
      const right = await this.start(requests.slice(middle));
      return { answers: [...left.answers, ...right.answers], told: allTold([left.told, right.told]) };
    } catch (lost) {
      // What is committed is answered, or it would be asked for again under no key: only who waits for the rest hears of it.
      return { answers: left.answers, told: allTold([left.told, Promise.reject(lost)]) };
    }
  }

  /** Nobody but the task that waits for it would ask again, and for ever. */
  private async tellParents(requests: readonly StartRequest[], reason: string): Promise<void> {
    const { names, publisher } = this.options;
    const error = { code: 'INTERNAL', message: `the ledger refuses this run: ${reason}` };
    await publisher.publish(requests.flatMap((request) => (request.kind === 'child' ? [refusal(names, request, error)] : [])));
  }

  private async commit(session: Session, requests: readonly StartRequest[], planned: readonly Plan[]): Promise<Committed> {
    const store = new StartStore(session);
    const plans = await answerReplays(store, requests, planned);
    const { names, clock, settings } = this.options;
    const events = await admitEvents(store, requests, plans);
    const winners = await takeKeys(store, startsOf(plans, events), settings.keyRetentionMs);
    const children = await admitChildren(session, names, plans, settings.maxTreeRuns);
    const starts = winners.started.filter((start) => start.origin.parent === null || children.started.has(start));
    const places = await takePlaces(session, names, starts);
    const limits = { ...settings.limits, overdueMs: Math.min(10_000, settings.leaseMs) };
    if (starts.some(follows)) await this.options.databaseClock.sample(session);
    const now = this.options.databaseClock.now();
    const begun = beginRuns(starts, places.placeOf, { now, limits, names, unit: () => clock.unit() });
    await store.insertRuns(begun.writes);
    for (const taken of begun.takenOver) await new RerunStore(session).takeOver(taken);
    const settled = await places.settle(endedOf(begun.writes));
    tellStatuses(winners.verdicts, new Map(begun.writes.map(({ run }) => [run.id, run.status])));
    const startedBy = ({ starts }: { readonly starts: readonly PlannedStart[] }) =>
      starts.flatMap((start) => (winners.verdicts.get(start)?.kind === 'started' ? [start.run] : []));
    const woken = await wakeWaits(session, names, { plans, events, begun: begun.subscriptions, startedBy });
    const answers = plans.map((plan) => answerOf(plan, events, winners.verdicts, woken.results));
    await store.updateEventResults(changedEvents(events, answers, plans));
    await new RepeatStore(session).record(noteRepeats(events));
    await new SuccessStore(session).record(successesOf(begun.births));
    return {
      answers,
      outgoing: [...begun.outgoing, ...children.outgoing, ...settled, ...woken.outgoing, ...recoveries(names, events)],
      started: starts,
      births: begun.births,
      begun: begun.begun,
    };
  }

  private count({ answers, started, births, begun }: Committed): void {
    const { metrics, logger } = this.options;
    logStarts(logger, { answers, started, begun });
    for (const answer of answers) {
      if (answer.kind === 'event') {
        metrics.counter('reprise_trigger_events_total', { outcome: answer.outcome }).inc();
        if (answer.outcome === 'duplicate') metrics.counter('reprise_duplicates_suppressed_total', { kind: 'event' }).inc();
      } else if (answer.kind === 'exists') metrics.counter('reprise_duplicates_suppressed_total', { kind: 'run_key' }).inc();
    }
    for (const { workflow, trigger } of started)
      metrics.counter('reprise_runs_started_total', { workflow: workflow.name, trigger }).inc();
    countBirths(metrics, births);
  }
}

/** On a run that others have stamped with the database's time: without a look at it, it would seem to begin before that has ended, or has asked for it. */
const follows = ({ slotKey, origin }: PlannedStart): boolean => slotKey !== null || origin.parent !== null;

const allTold = (parts: readonly Promise<void>[]): Promise<void> => Promise.all(parts).then(() => undefined);

/** Nothing was to be done, or it has failed at once. */
const endedOf = (writes: readonly StartWrite[]): readonly RunId[] =>
  writes.flatMap(({ run }) => (hasRunEnded(run.status) ? [run.id] : []));

const nameOf = (request: StartRequest): string => {
  if (request.kind === 'child') return `a child of run ${request.child.run}`;
  if (request.kind === 'rerun') return `run ${request.run} again`;
  return request.kind === 'start' ? request.workflow : `${request.event.source} ${request.event.id}`;
};

function startsOf(plans: readonly Plan[], events: AdmittedEvents): readonly PlannedStart[] {
  return plans.flatMap((plan) => {
    if (plan.kind === 'start' || plan.kind === 'child') return [plan.start];
    return plan.kind === 'event' && events.fresh.has(plan) ? plan.starts : [];
  });
}
