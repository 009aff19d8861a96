import { askForStart, EMPTY_WINDOW, type RateRequest, type RateWindow } from '@reprise/core';
import type { Session } from './database.js';
import { statement } from './statement.js';

/** Windows of rate limits. What is asked for in a transaction counts when it commits. */
export class RateStore {
  private locked = false;

  constructor(private readonly session: Session) {}

  /** Keys of long ago, which hold nobody back any more. */
  async purge(): Promise<void> {
    await this.session.run(statement('purge-rates'), []);
  }

  /** When each of these may start, in their order; one that may at once has taken its start. */
  async ask(requests: readonly RateRequest[], now: number): Promise<readonly number[]> {
    if (requests.length === 0) return [];
    if (!this.locked) await this.session.run(statement('lock-rates'), []);
    this.locked = true;
    const keys = [...new Set(requests.map(({ key }) => key))];
    const rows = await this.session.run<{ key: string; times: string }>(statement('load-rates'), [keys]);
    const windows = new Map(rows.map(({ key, times }) => [key, JSON.parse(times) as RateWindow]));
    const answers = requests.map((request) => {
      const { window, startAt } = askForStart(windows.get(request.key) ?? EMPTY_WINDOW, request, now);
      windows.set(request.key, window);
      return startAt;
    });
    const changed = keys.sort();
    await this.session.run(statement('write-rates'), [changed, changed.map((key) => JSON.stringify(windows.get(key)))]);
    return answers;
  }
}
