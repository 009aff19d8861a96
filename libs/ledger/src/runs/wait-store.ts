import type {
  EventMark,
  EventRequest,
  Fence,
  Json,
  JsonText,
  KeptEvents,
  RunId,
  RunState,
  TaskState,
  VersionId,
  Workflow,
} from '@reprise/core';
import { hasJustBegun, parseJsonText } from '@reprise/core';
import type { Session } from '../connection/session.js';
import { statement } from '../connection/statement.js';
import { interestId } from '../definitions/interest.js';
import { topicExpression } from '../definitions/topic-expression.js';
import type { Notice } from './notice-store.js';
import type { RunAddress } from './run-address.js';
import { byKey } from './ticket.js';

/** A wait that has begun. */
export interface Subscription extends Notice {
  readonly workflow: string;
  readonly interest: string;
  readonly key: string;
  readonly pattern: string;
  readonly since: number;
}

/** What the `match` of an interest makes of an event. */
export interface EventKey {
  readonly interest: string;
  readonly key: string;
}

/** An event to be kept, under these keys. */
export interface NewKeptEvent {
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly body: JsonText;
  readonly keys: readonly EventKey[];
}

/** A wait that an event is for. */
export interface Woken extends Notice {
  readonly workflow: string;
  /** Which of the events. */
  readonly place: number;
  /** How many waits of this workflow the event is for; not all of them need be told apart. */
  readonly woken: number;
}

/** One look sees at most so many events, and stops once they have so many bytes. */
const PAGE = 100;
const PAGE_BYTES = 1_048_576;

/** Events and the waits they are for. A wait begins, and an event is kept, in a transaction that sees what the other side has written. */
export class WaitStore {
  constructor(private readonly session: Session) {}

  /**
   * To be called once in a transaction, before any of the rest, and as late as can be: others wait for it. `events` are kept, or told of;
   * `waits` begin.
   */
  async lock(events: readonly EventKey[], waits: readonly EventKey[]): Promise<void> {
    const keys = [...events, ...waits];
    if (keys.length === 0) return;
    await this.session.write(statement('lock-event-keys'), [
      keys.map((each) => each.interest),
      keys.map((each) => each.key),
      keys.map((_, index) => index >= events.length),
    ]);
  }

  /** Returns those that should look at once: an event is there already. */
  async subscribe(subscriptions: readonly Subscription[]): Promise<readonly Subscription[]> {
    if (subscriptions.length === 0) return [];
    const sorted = [...subscriptions].sort(byKey);
    const column = <Value>(pick: (each: Subscription) => Value): Value[] => sorted.map(pick);
    const [runs, nodes, ats] = [column((each) => each.run), column((each) => each.node), column((each) => each.at)];
    const [interests, keys] = [column((each) => each.interest), column((each) => each.key)];
    const [fences, since] = [column((each) => each.fence), column((each) => each.since)];
    await this.session.write(statement('insert-subscriptions'), [
      runs,
      nodes,
      ats,
      fences,
      column((each) => each.version),
      column((each) => each.workflow),
      interests,
      keys,
      column((each) => each.pattern),
      since,
    ]);
    const types = column((each) => topicExpression(each.pattern));
    const rows = await this.session.run<{ run_id: string; node: number; at: string }>(statement('early-events'), [
      runs,
      nodes,
      ats,
      fences,
      interests,
      keys,
      types,
      since,
    ]);
    const early = new Set(rows.map((row) => `${row.run_id} ${row.node} ${row.at}`));
    return sorted.filter(({ run, node, at }) => early.has(`${run} ${node} ${at}`));
  }

  async unsubscribe(ended: readonly RunAddress[]): Promise<void> {
    if (ended.length === 0) return;
    await this.session.write(statement('delete-subscriptions'), [
      ended.map((each) => each.run),
      ended.map((each) => each.node),
      ended.map((each) => each.at),
    ]);
  }

  async mark(marks: readonly (EventMark & { readonly run: RunId })[]): Promise<void> {
    if (marks.length === 0) return;
    await this.session.write(statement('mark-events'), [
      marks.map((mark) => mark.run),
      marks.map((mark) => mark.number),
      marks.map((mark) => mark.node),
      marks.map((mark) => mark.at),
      marks.map((mark) => mark.fence),
      marks.map((mark) => mark.taken),
    ]);
  }

  async unseen(run: RunId, { node, at, fence, pattern, match, key, since }: EventRequest): Promise<KeptEvents> {
    type EventRow = { number: number; body: JsonText; received_at: number; total: number };
    const interest = interestId(pattern, match);
    const values = [run, node, at, fence, interest, key, topicExpression(pattern), since, PAGE, PAGE_BYTES];
    const rows = await this.session.run<EventRow>(statement('unseen-events'), values);
    const events = rows.map((row): KeptEvents['events'][number] => {
      const event: Json = parseJsonText(row.body);
      return { number: row.number, event, receivedAt: row.received_at };
    });
    return { events, more: (rows[0]?.total ?? 0) > rows.length };
  }

  /** Keeps those that are new. By `source\nid`: the number it is kept under. */
  async keep(events: readonly NewKeptEvent[]): Promise<ReadonlyMap<string, number>> {
    if (events.length === 0) return new Map();
    const sorted = [...events].sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
    const rows = await this.session.run<{ number: number; source: string; id: string }>(statement('keep-events'), [
      sorted.map((event) => event.type),
      sorted.map((event) => event.source),
      sorted.map((event) => event.id),
      sorted.map((event) => event.body),
      sorted.map((event) => Buffer.byteLength(event.body)),
    ]);
    const numbers = new Map(rows.map((row) => [sortKey(row), row.number]));
    const all = sorted.flatMap((event) => {
      const number = numbers.get(sortKey(event));
      return number === undefined ? [] : event.keys.map((key) => ({ ...key, number }));
    });
    if (all.length > 0) {
      await this.session.write(statement('insert-event-keys'), [
        all.map((each) => each.interest),
        all.map((each) => each.key),
        all.map((each) => each.number),
      ]);
    }
    return numbers;
  }

  /** Leaves a notice with every wait of these keys, and returns up to `limit` of them. `places`: whose key it is. */
  async wake(keys: readonly (EventKey & { readonly place: number })[], limit: number): Promise<readonly Woken[]> {
    if (keys.length === 0) return [];
    type WokenRow = {
      place: number;
      run_id: RunId;
      version: VersionId;
      workflow: string;
      node: number;
      at: string;
      fence: Fence;
      woken: number;
    };
    const rows = await this.session.run<WokenRow>(statement('wake-subscriptions'), [
      keys.map((each) => each.place),
      keys.map((each) => each.interest),
      keys.map((each) => each.key),
      limit,
    ]);
    return rows.map(({ run_id: run, ...row }) => ({ run, ...row }));
  }
}

const sortKey = (event: { readonly source: string; readonly id: string }): string => `${event.source}\n${event.id}`;

/** The waits that a decision has begun. */
export function subscriptionsOf(decided: {
  readonly run: Pick<RunState, 'id'>;
  readonly version: VersionId;
  readonly workflow: Workflow;
  readonly tasks: readonly TaskState[];
  /** The moment of the decision: what waits since then has just begun. */
  readonly now: number;
}): readonly Subscription[] {
  const { run, version, workflow } = decided;
  return decided.tasks.flatMap((task) => {
    const { node, at, fence, progress } = task;
    const work = workflow.nodes[node]?.work;
    if (work?.kind !== 'wait' || progress?.kind !== 'wait' || !hasJustBegun(task, decided.now)) return [];
    const { pattern, match } = work;
    const interest = interestId(pattern, match.source);
    const { key, since } = progress;
    return [{ run: run.id, version, workflow: workflow.name, node, at, fence, interest, key, pattern, since }];
  });
}
