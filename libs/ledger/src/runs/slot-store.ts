import type { RunId, VersionId } from '@reprise/core';
import type { Session } from '../connection/session.js';
import { statement } from '../connection/statement.js';

/** Runs of one workflow whose `concurrency.key` is the same count together. */
export interface SlotKey {
  readonly workflow: string;
  readonly key: string;
}

export interface SlotRun {
  readonly run: RunId;
  readonly version: VersionId;
}

/** How the places of a key are taken, oldest holder first. */
export interface SlotBook {
  readonly held: readonly SlotRun[];
  readonly waited: boolean;
}

export interface SlotWrite extends SlotKey, SlotRun {
  readonly state: 'held' | 'waiting';
  /** How many may hold one, as this run's version says. */
  readonly most: number;
}

/** A child run that needs a place, and who is right above it. */
export interface SlotChild extends SlotKey {
  readonly run: RunId;
  readonly parent: RunId;
}

/** Waiting runs looked at in one go. */
const PAGE = 100;
const ALL = 2 ** 31 - 1;

export const slotKeyText = ({ workflow, key }: SlotKey): string => `${workflow}\n${key}`;

/** Places of concurrency keys. Whoever takes or gives one does so under the key's lock, so that each sees all others. */
export class SlotStore {
  constructor(private readonly session: Session) {}

  /** Until the transaction ends. All at once, and after the locks of runs. */
  async lock(keys: readonly SlotKey[]): Promise<void> {
    if (keys.length > 0) await this.session.write(statement('lock-slot-keys'), keyColumns(keys));
  }

  /** By `slotKeyText`. */
  async read(keys: readonly SlotKey[]): Promise<ReadonlyMap<string, SlotBook>> {
    type BookRow = { workflow: string; key: string; runs: RunId[]; versions: VersionId[]; waited: boolean };
    const rows = await this.session.run<BookRow>(statement('read-slots'), keyColumns(keys));
    return new Map(
      rows.map(({ runs, versions, waited, ...key }) => [
        slotKeyText(key),
        { held: runs.map((run, index) => ({ run, version: versions[index] as VersionId })), waited },
      ]),
    );
  }

  /** Who waits for a place of this key, first come first. */
  async waiting(key: SlotKey): Promise<readonly SlotRun[]> {
    return (await this.queues([key], ALL)).map(({ run_id: run, version }) => ({ run, version }));
  }

  /** Child runs above which somebody holds the place they would wait for. */
  async inherited(children: readonly SlotChild[]): Promise<ReadonlySet<RunId>> {
    if (children.length === 0) return new Set();
    const rows = await this.session.run<{ run_id: RunId }>(statement('inherited-slots'), [
      children.map(({ run }) => run),
      children.map(({ parent }) => parent),
      ...keyColumns(children),
    ]);
    return new Set(rows.map((row) => row.run_id));
  }

  /** Numbered in this order. A run that has a place keeps it. */
  async insert(slots: readonly SlotWrite[]): Promise<void> {
    if (slots.length === 0) return;
    await this.session.write(statement('insert-slots'), [
      ...keyColumns(slots),
      slots.map(({ run }) => run),
      slots.map(({ version }) => version),
      slots.map(({ state }) => state),
      slots.map(({ most }) => most),
    ]);
  }

  /**
   * These runs have ended: their places go to those that wait longest. `reopened` ones are taken up again, each with how many its version
   * lets hold a place: an operator asked for them, so they take theirs at once, as if nobody else had one. Returns who has been given one.
   */
  async release(ended: readonly RunId[], reopened: ReadonlyMap<RunId, number>): Promise<readonly SlotRun[]> {
    type KeyRow = { id: RunId; version: VersionId; workflow: string; key: string };
    const rows = await this.session.run<KeyRow>(statement('slot-keys-of-runs'), [[...ended, ...reopened.keys()]]);
    if (rows.length === 0) return [];
    await this.lock(rows);
    await this.session.write(statement('delete-slots'), [ended]);
    const taken = rows.flatMap(({ id: run, version, workflow, key }): readonly SlotWrite[] => {
      const most = reopened.get(run);
      return most === undefined ? [] : [{ run, version, workflow, key, state: 'held', most }];
    });
    await this.insert(taken);
    return this.grant(uniqueKeys(rows));
  }

  /** Of runs that have ended or are gone; returns who has been given one instead. */
  async reclaim(keys: readonly SlotKey[]): Promise<readonly SlotRun[]> {
    await this.lock(keys);
    await this.session.write(statement('delete-stray-slots'), keyColumns(keys));
    return this.grant(keys);
  }

  async find(run: RunId): Promise<'held' | 'waiting' | null> {
    const rows = await this.session.run<{ state: 'held' | 'waiting' }>(statement('find-slot'), [run]);
    return rows[0]?.state ?? null;
  }

  /** Nobody is given a place before one who has waited longer, even where a newer version lets more of them hold one. */
  private async grant(keys: readonly SlotKey[]): Promise<readonly SlotRun[]> {
    const granted: SlotRun[] = [];
    let open = keys;
    while (open.length > 0) {
      const now = byKeyText(await this.queues(open, PAGE)).map((waiting) => {
        const full = waiting.findIndex(({ held, most }, index) => held + index >= most);
        return full < 0 ? waiting : waiting.slice(0, full);
      });
      const runs = now.flat().map(({ run_id: run, version }) => ({ run, version }));
      if (runs.length > 0) await this.session.write(statement('grant-slots'), [runs.map(({ run }) => run)]);
      granted.push(...runs);
      open = now.flatMap((waiting) => (waiting.length === PAGE && waiting[0] !== undefined ? [waiting[0]] : []));
    }
    return granted;
  }

  private queues(keys: readonly SlotKey[], most: number) {
    type QueueRow = { workflow: string; key: string; held: number; run_id: RunId; version: VersionId; most: number };
    return this.session.run<QueueRow>(statement('read-slot-queues'), [...keyColumns(keys), most]);
  }
}

const keyColumns = (keys: readonly SlotKey[]): [string[], string[]] => [
  keys.map(({ workflow }) => workflow),
  keys.map(({ key }) => key),
];

/** Rows of one key stand together. */
function byKeyText<Key extends SlotKey>(rows: readonly Key[]): readonly (readonly Key[])[] {
  const groups = new Map<string, Key[]>();
  for (const row of rows) groups.set(slotKeyText(row), [...(groups.get(slotKeyText(row)) ?? []), row]);
  return [...groups.values()];
}

const uniqueKeys = (keys: readonly SlotKey[]): readonly SlotKey[] => [
  ...new Map(keys.map((key) => [slotKeyText(key), key])).values(),
];
