import {
  correlationKey,
  type EventMark,
  type EventRequest,
  ExpressionError,
  evaluate,
  type Json,
  type KeptEvents,
  keyOf,
  topicMatches,
  type Workflow,
} from '@reprise/core';

/** A CloudEvent as expressions read it. */
export interface SimulatedEvent {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string | null;
  readonly time: string | null;
  readonly data: Json;
}

interface Kept {
  readonly number: number;
  readonly event: SimulatedEvent;
  readonly receivedAt: number;
  /** What each `match` makes of it, by its source; null: sent to the run, whatever its waits match by. */
  readonly keys: ReadonlyMap<string, string> | null;
}

/** Small, so that a wait for many must look more than once. */
const PAGE = 3;

/** The events that are kept for a run's waits, and what they have made of them. */
export class MemoryEvents {
  private readonly kept: Kept[] = [];
  private readonly marks: EventMark[] = [];

  constructor(private readonly workflow: Workflow) {}

  /** An event that is known already, or that no wait is about, changes nothing. */
  keep(event: SimulatedEvent, receivedAt: number, toRun: boolean): void {
    const known = this.kept.some((each) => each.event.id === event.id && each.event.source === event.source);
    const keys = toRun ? null : this.keysOf(event);
    if (!known && (keys === null || keys.size > 0)) this.kept.push({ number: this.kept.length + 1, event, receivedAt, keys });
  }

  private keysOf(event: SimulatedEvent): ReadonlyMap<string, string> {
    const keys = new Map<string, string>();
    for (const { work } of this.workflow.nodes) {
      if (work.kind !== 'wait' || !topicMatches(work.pattern, event.type)) continue;
      try {
        const key = correlationKey(evaluate(work.match, { event }));
        if (key !== null) keys.set(work.match.source, key);
      } catch (error) {
        if (!(error instanceof ExpressionError)) throw error;
      }
    }
    return keys;
  }

  unseen(request: EventRequest): KeptEvents {
    const fitting = this.kept.filter(
      (each) => each.receivedAt >= request.since && this.isFor(each, request) && !this.isSeen(each, request),
    );
    const events = fitting
      .slice(0, PAGE)
      .map(({ number, event, receivedAt }) => ({ number, event: asVariable(event), receivedAt }));
    return { events, more: fitting.length > PAGE };
  }

  private isFor({ event, keys }: Kept, { pattern, match, key }: EventRequest): boolean {
    return topicMatches(pattern, event.type) && (keys === null || keys.get(match) === key);
  }

  /** Taken by any wait of the run, or refused by this one. What an earlier try of the same wait took is there again. */
  private isSeen({ number }: Kept, { node, at, fence }: EventRequest): boolean {
    return this.marks.some((mark) => {
      if (mark.number !== number) return false;
      const isOwn = mark.node === node && mark.at === at;
      return isOwn ? mark.fence === fence : mark.taken;
    });
  }

  takerOf(number: number): string | null {
    const mark = this.marks.findLast((each) => each.number === number && each.taken);
    return mark === undefined ? null : keyOf(mark.node, mark.at);
  }

  find(number: number): SimulatedEvent | null {
    return this.kept.find((each) => each.number === number)?.event ?? null;
  }

  mark(marks: readonly EventMark[]): void {
    this.marks.push(...marks);
  }
}

const asVariable = ({ id, source, type, subject, time, data }: SimulatedEvent): Json => ({
  id,
  source,
  type,
  subject,
  time,
  data,
});
