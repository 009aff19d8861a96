import { type Outgoing, type TopologyNames, toInbox } from '@reprise/contracts';
import { type RunId, toJsonText, type VersionId } from '@reprise/core';
import { type EventOutcome, eventKey, type KnownEvent, type SeenEvent, type StartStore } from '@reprise/ledger';
import { eventFingerprint } from '../events/read-cloud-event.js';
import type { TriggerEvent } from '../events/trigger-event.js';
import type { Plan } from './plan.js';
import type { EventResult, StartAnswer, StartRequest } from './start-request.js';

type EventPlan = Extract<Plan, { kind: 'event' }>;

/** Which of a batch's events are new, and what is known of the others. */
export interface AdmittedEvents {
  readonly fresh: ReadonlySet<EventPlan>;
  /** What was written of each fresh one, before business keys had their say. */
  readonly foreseen: ReadonlyMap<EventPlan, SeenEvent>;
  /** Events that are in the batch twice: the first of their kind, which is fresh. */
  readonly twins: ReadonlyMap<EventPlan, EventPlan>;
  /** For the others: what happened when they were seen first. */
  readonly known: ReadonlyMap<EventPlan, KnownEvent>;
  /** Runs of events the broker delivered again: their first receiver may have died before it told anyone. */
  readonly recover: readonly RecoverRun[];
}

interface RecoverRun {
  readonly run: RunId;
  readonly version: VersionId;
}

/** Writes the events that were never seen; (source, id) decides, also within the batch. */
export async function admitEvents(
  store: StartStore,
  requests: readonly StartRequest[],
  plans: readonly Plan[],
): Promise<AdmittedEvents> {
  const eventPlans = plans.filter((plan): plan is EventPlan => plan.kind === 'event');
  const again = await anonymousAgain(store, requests, plans);
  const first = new Map<string, EventPlan>();
  for (const plan of eventPlans) if (!again.has(plan) && !first.has(eventKey(plan.event))) first.set(eventKey(plan.event), plan);
  const foreseen = new Map([...first.values()].map((plan) => [plan, seenEvent(plan)]));
  const inserted = await store.insertEvents([...foreseen.values()]);
  const fresh = new Set([...first.values()].filter((plan) => inserted.has(eventKey(plan.event))));
  const others = eventPlans.filter((plan) => !fresh.has(plan) && !again.has(plan));
  const twins = new Map<EventPlan, EventPlan>();
  for (const plan of others) {
    const twin = first.get(eventKey(plan.event));
    if (twin !== undefined && fresh.has(twin)) twins.set(plan, twin);
  }
  const rows = await store.findEvents(others.map((plan) => plan.event));
  const byKey = new Map(rows.map((row) => [eventKey(row), row]));
  const known = new Map(again);
  for (const plan of others) {
    const row = byKey.get(eventKey(plan.event));
    if (row !== undefined) known.set(plan, row);
  }
  return { fresh, twins, foreseen, known, recover: runsToRecover(requests, plans, known) };
}

/** A redelivered message without an id is recognised by its body. */
export async function findAnonymous(
  store: StartStore,
  { event, redelivered }: Extract<StartRequest, { kind: 'event' }>,
): Promise<KnownEvent | null> {
  if (!event.anonymous || !redelivered) return null;
  return store.findAnonymousEvent(event.source, event.id.slice(0, event.id.lastIndexOf(':')));
}

async function anonymousAgain(
  store: StartStore,
  requests: readonly StartRequest[],
  plans: readonly Plan[],
): Promise<Map<EventPlan, KnownEvent>> {
  const found = new Map<EventPlan, KnownEvent>();
  for (const [index, plan] of plans.entries()) {
    const request = requests[index];
    if (plan.kind !== 'event' || request?.kind !== 'event') continue;
    const row = await findAnonymous(store, request);
    if (row !== null) found.set(plan, row);
  }
  return found;
}

function seenEvent({ event, starts, results }: EventPlan): SeenEvent {
  const all: readonly EventResult[] = [
    ...results,
    ...starts.map((start): EventResult => ({ workflow: start.workflow.name, kind: 'started', run: start.run })),
  ];
  const { source, id, type, subject } = event;
  return { source, id, type, subject, fingerprint: eventFingerprint(event), outcome: outcomeOf(all), results: toJsonText(all) };
}

/** An event is accepted when it started, found or woke a run; else the gravest of what happened. */
export function outcomeOf(results: readonly EventResult[]): EventOutcome {
  if (results.some((result) => result.kind === 'started' || result.kind === 'exists' || result.kind === 'woke'))
    return 'accepted';
  if (results.some((result) => result.kind === 'conflict')) return 'conflict';
  return results.some((result) => result.kind === 'rejected') ? 'rejected' : 'unmatched';
}

/** Events whose business keys decided otherwise than foreseen. */
export function changedEvents(events: AdmittedEvents, answers: readonly StartAnswer[], plans: readonly Plan[]) {
  return plans.flatMap((plan, index) => {
    const answer = answers[index];
    const seen = plan.kind === 'event' ? events.foreseen.get(plan) : undefined;
    if (plan.kind !== 'event' || !events.fresh.has(plan) || answer?.kind !== 'event' || answer.outcome === 'duplicate') return [];
    const results = toJsonText(answer.results);
    return seen === undefined || seen.results === results
      ? []
      : [{ source: seen.source, id: seen.id, outcome: answer.outcome, results }];
  });
}

function runsToRecover(
  requests: readonly StartRequest[],
  plans: readonly Plan[],
  known: ReadonlyMap<EventPlan, KnownEvent>,
): readonly RecoverRun[] {
  return plans.flatMap((plan, index) => {
    const request = requests[index];
    const row = plan.kind === 'event' ? known.get(plan) : undefined;
    const redelivered = request !== undefined && 'redelivered' in request && request.redelivered;
    if (plan.kind !== 'event' || row === undefined || !redelivered) return [];
    const versions = new Map(plan.starts.map((start) => [start.workflow.name, start.version]));
    return resultsOf(row).flatMap((result) => {
      const version = versions.get(result.workflow);
      return result.kind === 'started' && version !== undefined ? [{ run: result.run, version }] : [];
    });
  });
}

export const resultsOf = (row: Pick<KnownEvent, 'results'>): readonly EventResult[] => JSON.parse(row.results) as EventResult[];

export const isSame = (row: Pick<KnownEvent, 'fingerprint'>, event: TriggerEvent): boolean =>
  row.fingerprint === eventFingerprint(event);

export const recoveries = (names: TopologyNames, events: AdmittedEvents): Outgoing[] =>
  events.recover.map(({ run, version }) => toInbox(names, [{ kind: 'recover', run, version }]));
