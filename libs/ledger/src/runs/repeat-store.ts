import type { Session } from '../connection/session.js';
import { statement } from '../connection/statement.js';

/** A trigger event that came again, `count` times at once. */
export interface EventRepeat {
  /** Of the event that it repeats. */
  readonly source: string;
  readonly id: string;
  /** `conflict`: with other content. */
  readonly outcome: 'duplicate' | 'conflict';
  readonly reason: string;
  readonly type: string;
  readonly subject: string | null;
  readonly fingerprint: string;
  readonly count: number;
}

/** Trigger events that came again: a row for each event and outcome, however often. */
export class RepeatStore {
  constructor(private readonly session: Session) {}

  /** Last in a transaction: others that have seen the same event wait for its row. No event twice with one outcome. */
  async record(repeats: readonly EventRepeat[]): Promise<void> {
    if (repeats.length === 0) return;
    const sorted = [...repeats].sort((a, b) => (repeatKey(a) < repeatKey(b) ? -1 : 1));
    const column = (name: keyof EventRepeat) => sorted.map((repeat) => repeat[name]);
    await this.session.write(statement('record-repeats'), [
      column('source'),
      column('id'),
      column('outcome'),
      column('type'),
      column('subject'),
      column('fingerprint'),
      column('reason'),
      column('count'),
    ]);
  }
}

export const repeatKey = ({ source, id, outcome }: Pick<EventRepeat, 'source' | 'id' | 'outcome'>): string =>
  `${source}\n${id}\n${outcome}`;
