import { askForStart, type Decision, EMPTY_WINDOW, keyOf, type RateRequest, type RateWindow, rateKey } from '@reprise/core';
import { LawBroken } from './law-broken.js';
import type { Simulation } from './simulation.js';

/** Windows of rate limits: what a decision has asked for counts once it is committed. */
export class SimulatedRates {
  private windows = new Map<string, RateWindow>();
  private asked = new Map<string, RateWindow>();
  private answers = new Map<string, { readonly request: RateRequest; readonly startAt: number }>();
  /** When attempts were handed out under each key. */
  readonly starts: { readonly key: string; readonly at: number }[] = [];

  constructor(private readonly simulation: Simulation) {}

  /** A decision is about to be taken; one that was not committed has asked for nothing. */
  begin(): void {
    this.asked = new Map(this.windows);
    this.answers = new Map();
  }

  ask(requests: readonly RateRequest[]): ReadonlyMap<string, number> {
    for (const request of requests) {
      if (this.answers.has(rateKey(request))) throw new LawBroken('one decision asks twice for the start of an attempt');
      const { window, startAt } = askForStart(this.asked.get(request.key) ?? EMPTY_WINDOW, request, this.simulation.now);
      this.asked.set(request.key, window);
      this.answers.set(rateKey(request), { request, startAt });
    }
    return new Map([...this.answers].map(([key, { startAt }]) => [key, startAt]));
  }

  commit(decision: Decision): void {
    const { ledger, now, workflow } = this.simulation;
    this.windows = this.asked;
    for (const task of decision.tasks) {
      const before = ledger.tasks.get(keyOf(task.node, task.at));
      const work = workflow.nodes[task.node]?.work;
      if (work?.kind !== 'call' || work.rateLimit === null || task.status !== 'ready' || before?.fence === task.fence) continue;
      const answer = [...this.answers.values()].find(({ request }) => request.node === task.node && request.at === task.at);
      if (answer === undefined || answer.startAt > now)
        throw new LawBroken('an attempt starts that its rate limit does not let start');
      this.starts.push({ key: answer.request.key, at: now });
      this.check(answer.request);
    }
  }

  /** Never more than `max` in any span, the one that ends now included. */
  private check({ key, max, perMs }: RateRequest): void {
    const { now } = this.simulation;
    const recent = this.starts.filter((start) => start.key === key && start.at > now - perMs);
    if (recent.length > max) throw new LawBroken(`${recent.length} starts under ${key} within ${perMs} ms, of at most ${max}`);
  }
}
