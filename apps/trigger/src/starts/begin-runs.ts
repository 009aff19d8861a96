import { type Decided, type Outgoing, outgoingOf, type TopologyNames, toInbox } from '@reprise/contracts';
import { type Decision, type Limits, queueRun, type RunState, skipRun, startRun, toJsonText } from '@reprise/core';
import { type StartWrite, type Subscription, subscriptionsOf, type TakenOver } from '@reprise/ledger';
import type { Birth } from './count-births.js';
import type { PlannedStart } from './start-request.js';
import type { Place } from './take-places.js';

/** What a batch of starts writes and tells. */
export interface Begun {
  readonly writes: readonly StartWrite[];
  readonly outgoing: readonly Outgoing[];
  readonly subscriptions: readonly Subscription[];
  readonly takenOver: readonly TakenOver[];
  readonly births: readonly Birth[];
  readonly begun: readonly BegunRun[];
}

/** A run's first decision, once it is committed. */
export interface BegunRun extends Decided {
  readonly decision: Begin;
}

/** Its first look is the scheduler's: should the message be lost, the watch tells it after so long. */
const OVERDUE_MS = 10_000;

export interface BeginMoment {
  readonly now: number;
  readonly limits: Limits;
  readonly names: TopologyNames;
  readonly unit: () => number;
}

/** The first decision of every run, as its place lets it begin. */
export function beginRuns(starts: readonly PlannedStart[], placeOf: (start: PlannedStart) => Place, moment: BeginMoment): Begun {
  const { now, names } = moment;
  const writes: StartWrite[] = [];
  const outgoing: Outgoing[] = [];
  const subscriptions: Subscription[] = [];
  const takenOver: TakenOver[] = [];
  const births: Birth[] = [];
  const begun: BegunRun[] = [];
  for (const start of starts) {
    const { version, workflow, trigger, key } = start;
    const place = placeOf(start);
    const decision = decide(start, place, moment);
    const { run } = decision;
    begun.push({ workflow, version, run, now, decision });
    births.push({ workflow, facts: decision.facts });
    writes.push({
      run,
      version,
      workflow: workflow.name,
      trigger,
      key,
      slotKey: place.kind === 'skip' ? null : place.slotKey,
      tasks: decision.tasks,
      attempts: decision.attempts,
      approvals: decision.approvals.map((write) => ({ run: run.id, version, workflow, now, write })),
    });
    subscriptions.push(...subscriptionsOf({ ...decision, version, workflow, now }));
    if (start.reuse !== undefined && place.kind !== 'skip') {
      takenOver.push({ run: run.id, before: start.reuse.before, tasks: start.reuse.tasks, now });
      if (place.kind === 'begin') outgoing.push(toInbox(names, [{ kind: 'look', run: run.id, version }]));
    }
    outgoing.push(...outgoingOf(names, { workflow, version, run, now }, decision.messages));
  }
  return { writes, outgoing, subscriptions, takenOver, births, begun };
}

type Begin = Pick<Decision, 'tasks' | 'attempts' | 'approvals' | 'messages' | 'marks' | 'facts'> & { readonly run: RunState };

function decide(start: PlannedStart, place: Place, { now, limits, unit }: BeginMoment): Begin {
  const { run: id, input, labels, origin, reuse } = start;
  const states = reuse === undefined ? {} : { states: reuse.states };
  const request = { id, input: toJsonText(input), labels, origin, ...states };
  switch (place.kind) {
    case 'begin':
      // What it takes over is copied within the database: only a scheduler can read it.
      if (start.reuse !== undefined) return waiting({ ...queueRun(start.workflow, request, now), watchAt: now + OVERDUE_MS });
      return startRun(start.workflow, request, { now, units: [unit()], limits });
    case 'skip':
      return skipRun(start.workflow, request, place.holder, { now, units: [], limits });
    case 'queue':
      return waiting(queueRun(start.workflow, request, now));
  }
}

const waiting = (run: RunState): Begin => ({ run, tasks: [], attempts: [], approvals: [], messages: [], marks: [], facts: [] });
