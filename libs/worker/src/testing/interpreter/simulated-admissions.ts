import {
  type AdmissionAnswer,
  type AdmissionRequest,
  admissionKey,
  admit,
  countCalls,
  type Decision,
  type Dependency,
  type DependencyPolicy,
  type Guards,
  type HandlerLimits,
  keyOf,
  NO_CALLS,
  type PartialRetryPolicy,
  type RateWindow,
  type TaskKey,
  type TaskState,
  UNKNOWN_DEPENDENCY,
} from '@reprise/core';
import { LawBroken } from './law-broken.js';
import type { Simulation } from './simulation.js';

/** What may hold attempts back besides the rate limits of the document. */
export interface SimulatedGuards {
  readonly policy: DependencyPolicy;
  readonly dependencies?: Guards['dependencies'];
  readonly limits?: Readonly<Record<string, HandlerLimits>>;
  readonly retries?: (call: string) => PartialRetryPolicy | null;
}

/** What is known of all that attempts may have to ask for. */
interface Book {
  readonly windows: Map<string, RateWindow>;
  readonly dependencies: Map<string, Dependency>;
  readonly places: Map<string, ReadonlySet<TaskKey>>;
}

const copyOf = ({ windows, dependencies, places }: Book): Book => ({
  windows: new Map(windows),
  dependencies: new Map(dependencies),
  places: new Map(places),
});

const NO_POLICY: DependencyPolicy = { breaker: null, budget: null };

/** Limits and breakers as the ledger keeps them: what a decision has asked for counts once it is committed. */
export class SimulatedAdmissions {
  private book: Book = { windows: new Map(), dependencies: new Map(), places: new Map() };
  private asked: Book = this.book;
  private answers = new Map<string, { readonly request: AdmissionRequest; readonly answer: AdmissionAnswer }>();
  /** When attempts were handed out under each key of a rate limit. */
  readonly starts: { readonly key: string; readonly at: number }[] = [];
  private readonly policy: DependencyPolicy;

  constructor(
    private readonly simulation: Simulation,
    guards: SimulatedGuards | null,
  ) {
    this.policy = guards?.policy ?? NO_POLICY;
    if (guards === null) return;
    simulation.guards = {
      dependencies: guards.dependencies ?? 'named',
      budgeted: guards.policy.budget !== null,
      isTroubled: (name) => (this.book.dependencies.get(name) ?? UNKNOWN_DEPENDENCY).breaker.state !== 'closed',
      limitsOf: (call) => guards.limits?.[call] ?? null,
      retryOf: (call) => guards.retries?.(call) ?? null,
    };
  }

  dependency(name: string): Dependency {
    return this.book.dependencies.get(name) ?? UNKNOWN_DEPENDENCY;
  }

  /** A decision is about to be taken; one that was not committed has asked for nothing. */
  begin(): void {
    this.asked = copyOf(this.book);
    this.answers = new Map();
  }

  ask(requests: readonly AdmissionRequest[]): ReadonlyMap<string, AdmissionAnswer> {
    for (const request of requests) {
      if (this.answers.has(admissionKey(request))) throw new LawBroken('one decision asks twice for the start of an attempt');
      this.answers.set(admissionKey(request), { request, answer: this.askOne(request) });
    }
    return new Map([...this.answers].map(([key, { answer }]) => [key, answer]));
  }

  private askOne(request: AdmissionRequest): AdmissionAnswer {
    const { windows, dependencies, places } = this.asked;
    const { rate, dependency, place } = request;
    const key = keyOf(request.node, request.at);
    const holders = (place === null ? undefined : places.get(place.call)) ?? new Set<TaskKey>();
    const { state, answer } = admit(
      {
        window: (rate === null ? undefined : windows.get(rate.key)) ?? null,
        dependency: (dependency === null ? undefined : dependencies.get(dependency.name)) ?? null,
        held: holders.size,
        holdsPlace: holders.has(key),
      },
      request,
      key,
      this.policy,
      this.simulation.now,
    );
    if (rate !== null && state.window !== null) windows.set(rate.key, state.window);
    if (dependency !== null && state.dependency !== null) dependencies.set(dependency.name, state.dependency);
    if (place !== null && state.holdsPlace) places.set(place.call, new Set([...holders, key]));
    return answer;
  }

  commit(decision: Decision): void {
    this.book = this.asked;
    for (const task of decision.tasks) {
      if (task.status === 'ready') this.checkStart(task);
      this.giveBack(task);
    }
    for (const fact of decision.facts) {
      if (fact.kind !== 'call') continue;
      const { dependency, answer, code, isFirst, released } = fact;
      const isHeard = answer !== 'unheard';
      const tally = {
        ...NO_CALLS,
        ...(isHeard ? { calls: 1, failures: answer === 'failed' ? 1 : 0, firsts: isFirst ? 1 : 0, code } : {}),
        passed: released === null ? [] : [{ key: released, answer }],
      };
      this.book.dependencies.set(dependency, countCalls(this.dependency(dependency), tally, this.policy, this.simulation.now));
    }
  }

  private checkStart(task: TaskState): void {
    const { ledger, workflow, guards, now } = this.simulation;
    const work = workflow.nodes[task.node]?.work;
    if (work?.kind !== 'call' || ledger.tasks.get(keyOf(task.node, task.at))?.fence === task.fence) return;
    const limits = guards?.limitsOf(work.call) ?? null;
    if (work.rateLimit === null && limits === null) return;
    const given = [...this.answers.values()].find(({ request }) => request.node === task.node && request.at === task.at);
    // A run's first decision does not ask for the limits of handlers: the executor sends its attempt back.
    if (given === undefined && work.rateLimit === null && task.memory?.pass?.attempt !== task.attempt) return;
    if (given?.answer.kind !== 'now') throw new LawBroken('an attempt starts that its limits do not let start');
    const { rate, place } = given.request;
    if (place !== null && (this.book.places.get(place.call)?.size ?? 0) > place.limit)
      throw new LawBroken(`more than ${place.limit} attempts of ${place.call} at the same time`);
    if (rate === null) return;
    this.starts.push({ key: rate.key, at: now });
    // Never more than `max` in any span, the one that ends now included.
    const recent = this.starts.filter((start) => start.key === rate.key && start.at > now - rate.perMs);
    if (recent.length > rate.max)
      throw new LawBroken(`${recent.length} starts under ${rate.key} within ${rate.perMs} ms, of at most ${rate.max}`);
  }

  /** Whoever does not run any more has no place; one that waits for it is told. */
  private giveBack({ node, at, status, memory }: TaskState): void {
    const call = memory?.pass?.place;
    const holders = call === undefined ? undefined : this.book.places.get(call);
    const key = keyOf(node, at);
    if (call === undefined || holders?.has(key) !== true || status === 'ready' || status === 'running') return;
    this.book.places.set(call, new Set([...holders].filter((each) => each !== key)));
    const next = [...this.simulation.ledger.tasks.values()].find(
      ({ why, status: other }) => other === 'retrying' && why?.reason === 'hold' && why.hold === 'CONCURRENCY',
    );
    if (next !== undefined) this.simulation.send({ kind: 'wake', node: next.node, at: next.at, fence: next.fence }, 1);
  }
}
