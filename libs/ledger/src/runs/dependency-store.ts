import {
  type CallTally,
  closeByHand,
  countCalls,
  type Dependency,
  type DependencyPolicy,
  openByHand,
  UNKNOWN_DEPENDENCY,
} from '@reprise/core';
import type { Database } from '../connection/database.js';
import type { Session } from '../connection/session.js';
import { statement } from '../connection/statement.js';

export interface DependencyView {
  readonly name: string;
  readonly state: Dependency;
  /** Epoch milliseconds. */
  readonly updatedAt: number;
}

const MOST_SHOWN = 1_000;

/** How what calls depend on is doing, as all schedulers know it together. */
export class DependencyStore {
  constructor(private readonly database: Database) {}

  /** Whose breaker is not closed. */
  async troubled(): Promise<ReadonlySet<string>> {
    const rows = await this.database.run<{ name: string }>(statement('troubled-dependencies'), []);
    return new Set(rows.map(({ name }) => name));
  }

  /** Calls that have ended, by the name of the dependency. */
  async count(tallies: ReadonlyMap<string, CallTally>, policy: DependencyPolicy): Promise<void> {
    if (tallies.size === 0) return;
    await this.change([...tallies.keys()], (dependency, name, now) => {
      const tally = tallies.get(name);
      return tally === undefined ? dependency : countCalls(dependency, tally, policy, now);
    });
  }

  /** Keeps calls away from it until it is closed by hand. false: a person has done so already. */
  async open(name: string, cause: string): Promise<boolean> {
    return this.changeOne(name, (dependency, _, now) => {
      const { breaker } = dependency;
      return breaker.state === 'open' && breaker.until === null ? dependency : openByHand(dependency, cause, now);
    });
  }

  /** Lets canaries through at once. false: it is closed. */
  async close(name: string): Promise<boolean> {
    return this.changeOne(name, (dependency, _, now) => closeByHand(dependency, now));
  }

  async find(name: string): Promise<Dependency> {
    return (await readDependencies(this.database, [name])).get(name) ?? UNKNOWN_DEPENDENCY;
  }

  /** By name, `limit` of those behind `after`. */
  async list(limit = MOST_SHOWN, after = ''): Promise<readonly DependencyView[]> {
    type DependencyRow = { name: string; state: string; updated_at: number };
    const rows = await this.database.run<DependencyRow>(statement('list-dependencies'), [limit, after]);
    return rows.map(({ name, state, updated_at }) => ({ name, state: JSON.parse(state) as Dependency, updatedAt: updated_at }));
  }

  private async changeOne(name: string, change: Change): Promise<boolean> {
    let isChanged = false;
    await this.change([name], (before, ...rest) => {
      const after = change(before, ...rest);
      isChanged = after !== before;
      return after;
    });
    return isChanged;
  }

  /** Under the lock that decisions take when they ask. */
  private async change(names: readonly string[], change: Change): Promise<void> {
    await this.database.transaction(async (session) => {
      await session.write(statement('lock-rates'), []);
      const [clock] = await session.run<{ now: number }>(statement('database-now'), []);
      const known = await readDependencies(session, names);
      const changed = new Map(names.map((name) => [name, change(known.get(name) ?? UNKNOWN_DEPENDENCY, name, clock?.now ?? 0)]));
      await writeDependencies(session, changed);
    });
  }
}

type Change = (dependency: Dependency, name: string, now: number) => Dependency;

export async function readDependencies(session: Session, names: readonly string[]): Promise<ReadonlyMap<string, Dependency>> {
  if (names.length === 0) return new Map();
  const rows = await session.run<{ name: string; state: string }>(statement('load-dependencies'), [names]);
  return new Map(rows.map(({ name, state }) => [name, JSON.parse(state) as Dependency]));
}

export async function writeDependencies(session: Session, dependencies: ReadonlyMap<string, Dependency>): Promise<void> {
  if (dependencies.size === 0) return;
  const names = [...dependencies.keys()].sort();
  const states = names.map((name) => dependencies.get(name) ?? UNKNOWN_DEPENDENCY);
  const columns = [names, states.map((state) => JSON.stringify(state)), states.map(({ breaker }) => breaker.state !== 'closed')];
  await session.write(statement('write-dependencies'), columns);
}
