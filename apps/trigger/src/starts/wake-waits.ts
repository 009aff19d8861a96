import { type InboxItem, type Outgoing, packInbox, type TopologyNames } from '@reprise/contracts';
import { fence, type RunId, toJsonText } from '@reprise/core';
import {
  eventKey,
  type NewKeptEvent,
  type Notice,
  NoticeStore,
  type Session,
  type Subscription,
  WaitStore,
  type Woken,
} from '@reprise/ledger';
import { eventVariable } from '../events/trigger-event.js';
import { type AdmittedEvents, isSame } from './admit-events.js';
import type { Plan } from './plan.js';
import type { EventResult } from './start-request.js';

type EventPlan = Extract<Plan, { kind: 'event' }>;

/** Waits that are told by a message too; the others are told by their notices, within seconds. */
const MOST_WOKEN = 10_000;
/** Runs that an event's record names for each workflow. */
const MOST_NAMED = 20;
const NO_FENCE = fence(0);
/** A run that an event starts has taken it: no wait of that run may. */
const STARTED_BY = -1;

export interface Awaiting {
  readonly plans: readonly Plan[];
  readonly events: AdmittedEvents;
  /** Waits of runs that this very transaction starts. */
  readonly begun: readonly Subscription[];
  /** Runs that an event has started. */
  readonly startedBy: (plan: EventPlan) => readonly RunId[];
}

export interface Waked {
  readonly results: ReadonlyMap<Plan, readonly EventResult[]>;
  readonly outgoing: readonly Outgoing[];
}

/**
 * Events meet waits: keeps what somebody may wait for, tells the waits that are there, begins those of new runs. Last in a transaction,
 * for what it locks others wait for. An event that was seen before is kept no second time, but its waits are told again: whoever received it
 * first may have died.
 */
export async function wakeWaits(session: Session, names: TopologyNames, awaiting: Awaiting): Promise<Waked> {
  const waits = new WaitStore(session);
  const told = awaiting.plans.filter((plan): plan is EventPlan => isToldOf(plan, awaiting.events));
  const keys = told.flatMap((plan, place) => plan.keys.map((key) => ({ ...key, place })));
  await waits.lock(keys, awaiting.begun);
  await keep(waits, told, awaiting);
  const woken = await waits.wake(keys, MOST_WOKEN);
  const early = await waits.subscribe(awaiting.begun);
  await new NoticeStore(session).insert(early);
  const results = new Map<Plan, readonly EventResult[]>();
  for (const [place, plan] of told.entries()) results.set(plan, resultsOf(woken.filter((each) => each.place === place)));
  return { results, outgoing: packInbox(names, [...woken, ...early].map(wakeOf)) };
}

/** Fresh ones, and those seen before with the same content. */
function isToldOf(plan: Plan, { fresh, known, twins }: AdmittedEvents): plan is EventPlan {
  if (plan.kind !== 'event' || plan.keys.length === 0) return false;
  const row = known.get(plan);
  return fresh.has(plan) || (row !== undefined && !twins.has(plan) && isSame(row, plan.event));
}

async function keep(waits: WaitStore, told: readonly EventPlan[], { events, startedBy }: Awaiting): Promise<void> {
  const fresh = told.filter((plan) => events.fresh.has(plan));
  const numbers = await waits.keep(fresh.map(keptEvent));
  await waits.mark(
    fresh.flatMap((plan) => {
      const number = numbers.get(eventKey(plan.event));
      if (number === undefined) return [];
      return startedBy(plan).map((run) => ({ run, number, node: STARTED_BY, at: '', fence: NO_FENCE, taken: true }));
    }),
  );
}

function keptEvent({ event, keys }: EventPlan): NewKeptEvent {
  const { source, id, type } = event;
  return { source, id, type, body: toJsonText(eventVariable(event)), keys };
}

function resultsOf(woken: readonly Woken[]): readonly EventResult[] {
  const byWorkflow = new Map<string, Woken[]>();
  for (const each of woken) byWorkflow.set(each.workflow, [...(byWorkflow.get(each.workflow) ?? []), each]);
  return [...byWorkflow].map(([workflow, all]) => {
    const runs = [...new Set(all.map(({ run }) => run))].slice(0, MOST_NAMED);
    return { workflow, kind: 'woke', count: all[0]?.woken ?? 0, runs };
  });
}

const wakeOf = ({ run, version, node, at, fence }: Notice): InboxItem => ({ kind: 'wake', run, version, node, at, fence });
