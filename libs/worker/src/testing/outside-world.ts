import { AsyncLocalStorage } from 'node:async_hooks';
import type { Actor } from './actor.js';

/** How the other side takes a request. */
export interface WatchOptions {
  /** The idempotency key by which it recognises a repetition, which gets the first answer; null: it recognises none. */
  readonly dedupe?: (method: string, args: readonly unknown[]) => string | null;
  /** Methods that change nothing: they may be called as often as one likes. */
  readonly reads?: readonly string[];
}

/** Something that took place outside. */
export interface Deed {
  /** `provider.charge` */
  readonly method: string;
  /** With what it was called, or its idempotency key: what tells it from others. */
  readonly identity: string;
}

/** Whose call it is. */
export const acting = new AsyncLocalStorage<Actor>();

/** The world outside Reprise, as far as a test watches it: a fresh one for each scenario. */
export class OutsideWorld {
  readonly deeds: Deed[] = [];
  private readonly answers = new Map<string, Promise<unknown>>();

  /**
   * A client whose method calls are actions outside: recorded, and places where an attempt may die or be paused. Its methods give
   * promises; those of objects in it (`stripe.charges.create`) count as well.
   */
  watch<Client extends object>(name: string, client: Client, options: WatchOptions = {}): Client {
    return this.shadow(name, '', client, options) as Client;
  }

  private shadow(name: string, prefix: string, client: object, options: WatchOptions): object {
    return new Proxy(
      {},
      {
        get: (_target, property) => {
          const value: unknown = Reflect.get(client, property);
          if (typeof property !== 'string') return value;
          const method = `${prefix}${property}`;
          if (typeof value === 'function')
            return (...args: readonly unknown[]) =>
              this.call(name, method, args, options, async () => Reflect.apply(value, client, args));
          return typeof value === 'object' && value !== null ? this.shadow(name, `${method}.`, value, options) : value;
        },
      },
    );
  }

  private call(
    name: string,
    method: string,
    args: readonly unknown[],
    { dedupe, reads = [] }: WatchOptions,
    act: () => Promise<unknown>,
  ): Promise<unknown> {
    const actor = acting.getStore();
    if (actor === undefined) return act();
    const called = `${name}.${method}`;
    if (reads.includes(method)) return actor.at(called, act);
    const key = dedupe?.(method, args) ?? null;
    return actor.at(called, () => this.take(called, key, args, act));
  }

  /** A request arrives. One that is refused has not taken place. */
  private take(method: string, key: string | null, args: readonly unknown[], act: () => Promise<unknown>): Promise<unknown> {
    const identity = `${method}(${key ?? textOf(args)})`;
    const known = key === null ? undefined : this.answers.get(identity);
    if (known !== undefined) return known;
    const answer = act().then(
      (result) => {
        this.deeds.push({ method, identity });
        return result;
      },
      (error: unknown) => {
        this.answers.delete(identity);
        throw error;
      },
    );
    if (key !== null) this.answers.set(identity, answer);
    return answer;
  }
}

/** A world of its own: for one scenario. */
export const outsideWorld = (): OutsideWorld => new OutsideWorld();

const LONGEST = 200;

/** Only to tell requests apart, and to be read. */
function textOf(args: readonly unknown[]): string {
  try {
    const plain = (_key: string, value: unknown): unknown =>
      typeof value === 'bigint' || typeof value === 'function' ? String(value) : value instanceof AbortSignal ? null : value;
    const text = args.map((each) => JSON.stringify(each, plain) ?? 'undefined').join(', ');
    return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  } catch {
    return '…';
  }
}
