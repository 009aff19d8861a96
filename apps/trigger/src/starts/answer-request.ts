import { type AdmittedEvents, isSame, outcomeOf, resultsOf } from './admit-events.js';
import { OTHER_CONTENT } from './note-repeats.js';
import type { Plan } from './plan.js';
import type { EventAnswer, EventResult, PlannedStart, RunAnswer, StartAnswer } from './start-request.js';

type Woke = ReadonlyMap<Plan, readonly EventResult[]>;

/** What the sender of a request is told, from what the transaction found. */
export function answerOf(
  plan: Plan,
  events: AdmittedEvents,
  verdicts: ReadonlyMap<PlannedStart, RunAnswer>,
  woken: Woke,
): StartAnswer {
  switch (plan.kind) {
    case 'refused':
      return plan.answer;
    case 'child':
    case 'stale-child':
    case 'refused-child':
      return { kind: 'child' };
    case 'start':
      return verdicts.get(plan.start) ?? { kind: 'started', run: plan.start.run };
    case 'event':
      return answerOfEvent(plan, events, verdicts, woken);
  }
}

function answerOfEvent(
  plan: Extract<Plan, { kind: 'event' }>,
  events: AdmittedEvents,
  verdicts: ReadonlyMap<PlannedStart, RunAnswer>,
  woken: Woke,
): EventAnswer {
  const { id } = plan.event;
  const known = events.known.get(plan);
  if (known !== undefined) {
    if (isSame(known, plan.event)) {
      const twin = events.twins.get(plan);
      // What was foreseen of a twin may not have come true: a business key decides last.
      const results = twin === undefined ? resultsOf(known) : answerOfEvent(twin, events, verdicts, woken).results;
      return { kind: 'event', id, outcome: 'duplicate', results };
    }
    return { kind: 'event', id, outcome: 'conflict', results: [{ workflow: '*', kind: 'conflict', reason: OTHER_CONTENT }] };
  }
  const starts = plan.starts.map((start) => resultOf(start, verdicts.get(start)));
  const results = [...plan.results, ...starts, ...(woken.get(plan) ?? [])];
  return { kind: 'event', id, outcome: outcomeOf(results), results };
}

function resultOf(start: PlannedStart, verdict: RunAnswer | undefined): EventResult {
  const workflow = start.workflow.name;
  if (verdict?.kind === 'exists') return { workflow, kind: 'exists', run: verdict.run };
  if (verdict?.kind === 'conflict') {
    return { workflow, kind: 'conflict', reason: `key "${start.key}" was used by run ${verdict.run} with another input` };
  }
  return { workflow, kind: 'started', run: start.run };
}
