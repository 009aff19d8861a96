import { type SpanRecord, spansOf, type TopologyNames, traceIdOf } from '@reprise/contracts';
import type { RunTrace } from '@reprise/core';
import type { Tracing } from '@reprise/service';
import type { Arrival } from './arrival.js';
import type { BegunRun } from './begin-runs.js';
import type { Plan } from './plan.js';
import type { PlannedStart, StartAnswer, StartRequest } from './start-request.js';

/** Where runs stand in traces, and the spans of what was accepted. Nobody builds one where no spans are kept. */
export class TraceStarts {
  constructor(
    private readonly tracing: Tracing,
    private readonly names: TopologyNames,
    private readonly now: () => number,
  ) {}

  /** Gives each start its trace: its caller's, else one of its own. A child's is its parent's, and it has it already. */
  plan(requests: readonly StartRequest[], plans: readonly Plan[]): readonly Plan[] {
    return plans.map((plan, index) => {
      const arrival = arrivalOf(requests[index]);
      if (plan.kind === 'start') return { ...plan, start: this.traced(plan.start, plan.start, arrival) };
      if (plan.kind !== 'event') return plan;
      const [first] = plan.starts;
      return first === undefined ? plan : { ...plan, starts: plan.starts.map((start) => this.traced(start, first, arrival)) };
    });
  }

  /** After the commit. */
  record(
    requests: readonly StartRequest[],
    plans: readonly Plan[],
    { answers, begun }: { readonly answers: readonly StartAnswer[]; readonly begun: readonly BegunRun[] },
  ): void {
    for (const run of begun) this.tracing.record(spansOf(this.names, run, run.decision));
    this.tracing.record(requests.flatMap((request, index) => this.accepted(request, plans[index], answers[index])));
  }

  /** Of several runs of one event the first gives the trace its id. */
  private traced(start: PlannedStart, first: PlannedStart, arrival: Arrival | undefined): PlannedStart {
    return { ...start, origin: { ...start.origin, trace: this.traceOf(first, arrival) } };
  }

  private traceOf({ run }: PlannedStart, arrival: Arrival | undefined): RunTrace {
    const own = traceIdOf(run);
    if (arrival === undefined) return { id: own, parent: null, sampled: this.tracing.keeps(own, null) };
    const { caller, spanId } = arrival;
    if (caller === null) return { id: own, parent: spanId, sampled: this.tracing.keeps(own, null) };
    const { traceId: id, state } = caller;
    const sampled = this.tracing.keeps(id, caller);
    return {
      id,
      parent: caller.spanId,
      sampled,
      ...(state === undefined ? {} : { state }),
      links: [{ trace: id, span: spanId }],
    };
  }

  /** A message that came again and changed nothing was accepted when it came first; what nobody called and started nothing has no trace. */
  private accepted(request: StartRequest, plan: Plan | undefined, answer: StartAnswer | undefined): readonly SpanRecord[] {
    const arrival = arrivalOf(request);
    if (arrival === undefined || plan === undefined || answer === undefined) return [];
    const { outcome, run } = outcomeOf(answer);
    const isNew = outcome === 'started' || outcome === 'accepted';
    const first = isNew ? (plan.kind === 'start' ? plan.start : plan.kind === 'event' ? plan.starts[0] : undefined) : undefined;
    const trace = first?.origin.trace ?? this.callersTrace(arrival);
    if (trace?.sampled !== true || (!isNew && 'redelivered' in request && request.redelivered)) return [];
    const { name, kind, at: startMs, spanId, caller } = arrival;
    const failed = answer.kind === 'failed' ? { code: 'internal', message: answer.reason } : null;
    const attributes = { ...arrival.attributes, ...aboutOf(request), 'reprise.outcome': outcome, 'reprise.run.id': run };
    return [
      {
        traceId: trace.id,
        spanId,
        parentId: caller?.spanId ?? null,
        ...(trace.state === undefined ? {} : { state: trace.state }),
        name,
        kind,
        startMs,
        endMs: this.now(),
        attributes,
        error: failed,
        events: [],
        links: [],
      },
    ];
  }

  private callersTrace({ caller }: Arrival): RunTrace | null {
    if (caller === null) return null;
    return { id: caller.traceId, parent: caller.spanId, sampled: this.tracing.keeps(caller.traceId, caller) };
  }
}

const arrivalOf = (request: StartRequest | undefined): Arrival | undefined =>
  request !== undefined && 'arrival' in request ? request.arrival : undefined;

function outcomeOf(answer: StartAnswer): { readonly outcome: string; readonly run: string | undefined } {
  if (answer.kind === 'event') {
    const started = answer.results.find((result) => result.kind === 'started' || result.kind === 'exists');
    return { outcome: answer.outcome, run: started !== undefined && 'run' in started ? started.run : undefined };
  }
  return { outcome: answer.kind, run: 'run' in answer ? answer.run : undefined };
}

function aboutOf(request: StartRequest) {
  if (request.kind === 'start') return { 'reprise.workflow': request.workflow };
  if (request.kind === 'event' || request.kind === 'triggered') return { 'reprise.event.type': request.event.type };
  return {};
}
