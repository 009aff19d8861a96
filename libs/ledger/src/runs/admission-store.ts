import {
  type AdmissionAnswer,
  type AdmissionRequest,
  type AdmissionState,
  admit,
  type Dependency,
  type DependencyPolicy,
  EMPTY_WINDOW,
  keyOf,
  type RateWindow,
  type RunId,
  type VersionId,
} from '@reprise/core';
import type { Session } from '../connection/session.js';
import { statement } from '../connection/statement.js';
import { readDependencies, writeDependencies } from './dependency-store.js';
import type { Notice } from './notice-store.js';
import type { RunAddress } from './run-address.js';

interface Asker {
  readonly run: RunId;
  readonly version: VersionId;
}

type PlaceRow = {
  readonly call: string;
  readonly run_id: RunId;
  readonly node: number;
  readonly at: string;
  readonly state: 'held' | 'waiting';
};

/** What the requests of one run are about, as it changes while they are answered one after the other. */
interface Book {
  readonly windows: Map<string, RateWindow>;
  readonly dependencies: Map<string, Dependency>;
  /** Those who hold a place, by call. */
  readonly holders: ReadonlyMap<string, Set<string>>;
}

/** Rate limits, breakers, retry budgets and places of handlers. What is asked for in a transaction counts when it commits. */
export class AdmissionStore {
  private locked = false;

  constructor(private readonly session: Session) {}

  /** Forgets what holds nobody back any more. */
  async purge(): Promise<void> {
    await this.session.write(statement('purge-rates'), []);
    await this.session.write(statement('purge-dependencies'), []);
    await this.session.write(statement('purge-places'), []);
  }

  /** Whether each of these may start, in their order; one that may at once has taken what it asked for. */
  async ask(
    asker: Asker,
    requests: readonly AdmissionRequest[],
    policy: DependencyPolicy,
    now: number,
  ): Promise<readonly AdmissionAnswer[]> {
    if (requests.length === 0) return [];
    await this.lock();
    const book = await this.load(asker, requests);
    const answers = requests.map((request) => answer(book, asker, request, policy, now));
    await this.write(asker, requests, answers, book);
    return answers;
  }

  /** These run no more, nor wait to. Returns those who have waited longest for the places that are free now. */
  async release(places: readonly RunAddress[]): Promise<readonly Notice[]> {
    if (places.length === 0) return [];
    await this.lock();
    const columns = [places.map(({ run }) => run), places.map(({ node }) => node), places.map(({ at }) => at)];
    const released = await this.session.run<{ call: string; state: string }>(statement('release-places'), columns);
    const calls = new Set(released.flatMap(({ call, state }) => (state === 'held' ? [call] : [])));
    if (calls.size === 0) return [];
    type Granted = { run_id: RunId; version: VersionId; node: number; at: string; fence: Notice['fence'] };
    const granted = await this.session.run<Granted>(statement('grant-places'), [[...calls]]);
    return granted.map(({ run_id, ...each }) => ({ run: run_id, ...each }));
  }

  private async lock(): Promise<void> {
    if (!this.locked) await this.session.write(statement('lock-rates'), []);
    this.locked = true;
  }

  private async load({ run }: Asker, requests: readonly AdmissionRequest[]): Promise<Book> {
    const rates = distinct(requests.map(({ rate }) => rate?.key));
    const calls = distinct(requests.map(({ place }) => place?.call));
    const windows =
      rates.length === 0 ? [] : await this.session.run<{ key: string; times: string }>(statement('load-rates'), [rates]);
    const places = calls.length === 0 ? [] : await this.session.run<PlaceRow>(statement('load-places'), [calls, run]);
    const holders = new Map(calls.map((call) => [call, new Set<string>()]));
    for (const row of places) if (row.state === 'held') holders.get(row.call)?.add(holderOf(row.run_id, row));
    return {
      windows: new Map(windows.map(({ key, times }) => [key, JSON.parse(times) as RateWindow])),
      dependencies: new Map(await readDependencies(this.session, distinct(requests.map(({ dependency }) => dependency?.name)))),
      holders,
    };
  }

  private async write(
    { run, version }: Asker,
    requests: readonly AdmissionRequest[],
    answers: readonly AdmissionAnswer[],
    { windows, dependencies }: Book,
  ): Promise<void> {
    const keys = [...windows.keys()].sort();
    if (keys.length > 0)
      await this.session.write(statement('write-rates'), [
        keys,
        keys.map((key) => JSON.stringify(windows.get(key) ?? EMPTY_WINDOW)),
      ]);
    await writeDependencies(this.session, dependencies);
    const places = requests.flatMap(({ place, node, at, fence }, index) => {
      const given = answers[index];
      if (place === null || given === undefined || (given.kind === 'later' && given.hold !== 'CONCURRENCY')) return [];
      // Who waits is told under the fence his row has while he does.
      return [{ ...place, node, at, fence: fence + 1, state: given.kind === 'now' ? 'held' : 'waiting' }];
    });
    if (places.length === 0) return;
    await this.session.write(statement('write-places'), [
      places.map(({ call }) => call),
      places.map(() => run),
      places.map(() => version),
      places.map(({ node }) => node),
      places.map(({ at }) => at),
      places.map(({ fence }) => fence),
      places.map(({ state }) => state),
      places.map(({ limit }) => limit),
    ]);
  }
}

const holderOf = (run: RunId, { node, at }: { readonly node: number; readonly at: string }): string =>
  `${run}/${keyOf(node, at)}`;

function answer(book: Book, { run }: Asker, request: AdmissionRequest, policy: DependencyPolicy, now: number): AdmissionAnswer {
  const { rate, dependency, place } = request;
  const holder = holderOf(run, request);
  const holders = place === null ? undefined : book.holders.get(place.call);
  const before: AdmissionState = {
    window: (rate === null ? undefined : book.windows.get(rate.key)) ?? null,
    dependency: (dependency === null ? undefined : book.dependencies.get(dependency.name)) ?? null,
    held: holders?.size ?? 0,
    holdsPlace: holders?.has(holder) ?? false,
  };
  const { state, answer: given } = admit(before, request, holder, policy, now);
  if (rate !== null && state.window !== null) book.windows.set(rate.key, state.window);
  if (dependency !== null && state.dependency !== null) book.dependencies.set(dependency.name, state.dependency);
  if (state.holdsPlace) holders?.add(holder);
  return given;
}

const distinct = (names: readonly (string | undefined)[]): readonly string[] => [
  ...new Set(names.filter((name): name is string => name !== undefined)),
];
