import type { Attempt } from '../handlers/attempt.js';
import { Actor } from './actor.js';
import type { MockAttempt } from './mock.js';
import { acting } from './outside-world.js';
import type { Scenario } from './scenario.js';
import { TesterError } from './tester-error.js';

type Given = ReturnType<JSON['parse']>;

const { setTimeout, clearTimeout } = globalThis;

/** One scenario as it is played: the first attempt is disturbed, those after it are not. */
export class Performance {
  private readonly actors: Actor[] = [];
  private wake: () => void = () => undefined;
  private readonly woken = new Promise<void>((resolve) => {
    this.wake = resolve;
  });
  /** The first attempt has gone to sleep. */
  private isAsleep = false;
  private first: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly handler: (input: Given, attempt: Attempt) => unknown,
    private readonly scenario: Scenario,
  ) {}

  /** What the first attempt has done outside. */
  get points(): readonly string[] {
    return this.actors[0]?.points ?? [];
  }

  play(input: Given, attempt: MockAttempt): Promise<unknown> {
    if (this.actors.length === 0) {
      this.first = this.perform(input, attempt, this.firstActor(attempt));
      return this.first;
    }
    return this.later(input, attempt);
  }

  /** Whatever sleeps wakes, and comes to its end. */
  async over(patienceMs: number): Promise<void> {
    this.wake();
    if (!this.isAsleep) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const impatience = new Promise<never>((_, reject) => {
      const message = `the handler has been at work for ${patienceMs} ms of real time after it woke; it must come to an end`;
      timer = setTimeout(() => reject(new TesterError('NO_END', message)), patienceMs);
    });
    try {
      await Promise.race([this.first.catch(() => undefined), impatience]);
    } finally {
      clearTimeout(timer);
    }
  }

  private firstActor(attempt: MockAttempt): Actor {
    const { kind, place } = this.scenario;
    const actor: Actor = new Actor(attempt, place, async () => {
      if (kind === 'dies') return actor.die();
      this.isAsleep = true;
      attempt.freezes();
      await this.woken;
      return 'goes on';
    });
    return actor;
  }

  /** The one that has taken over. */
  private async later(input: Given, attempt: MockAttempt): Promise<unknown> {
    const { kind, place } = this.scenario;
    const wakeFirst = async (): Promise<'goes on'> => {
      this.wake();
      if (this.isAsleep) await this.first.catch(() => undefined);
      return 'goes on';
    };
    const actor = new Actor(attempt, kind === 'beside' ? place : null, wakeFirst);
    try {
      return await this.perform(input, attempt, actor);
    } finally {
      await wakeFirst();
    }
  }

  private async perform(input: Given, attempt: MockAttempt, actor: Actor): Promise<unknown> {
    this.actors.push(actor);
    const seen: Attempt = {
      ...attempt,
      transaction: (work) => actor.at('transaction', () => attempt.transaction(work)),
      effect: (name, work, options) => actor.at(`effect "${name}"`, () => attempt.effect(name, work, options)),
    };
    const result = await acting.run(actor, async () => this.handler(input, seen));
    await actor.end();
    return result;
  }
}
