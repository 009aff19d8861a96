import type { DeadLetterState, DeadLetterView, Page } from '@reprise/contracts';
import type { Connection } from './connection.js';
import type { PageOptions } from './runs-client.js';

export interface DeadLetterQuery extends PageOptions {
  /** Default: `open`. */
  readonly state?: DeadLetterState;
}

const at = (id: string, rest: string): string => `/v1/dead-letters/${encodeURIComponent(id)}${rest}`;

/** Messages that nobody could handle. */
export class DeadLettersClient {
  constructor(private readonly connection: Connection) {}

  /** Newest first. */
  async list(query: DeadLetterQuery = {}): Promise<Page<DeadLetterView>> {
    return (await this.connection.ask('/v1/dead-letters', { query: { ...query } })).body as Page<DeadLetterView>;
  }

  /**
   * Sends it again to where it came from. `redriving`: decided, and sent until the broker has it. One that is not open answers 409
   * `wrong_state`, one that nobody takes 409 `unroutable`.
   */
  async redrive(id: string): Promise<DeadLetterView> {
    return this.post(at(id, '/redrive'), {});
  }

  /** Settles it without sending it. One that is not open answers 409 `wrong_state`. */
  async discard(id: string, options: { readonly reason?: string } = {}): Promise<DeadLetterView> {
    return this.post(at(id, '/discard'), options);
  }

  private async post(path: string, body: unknown): Promise<DeadLetterView> {
    return (await this.connection.ask(path, { method: 'POST', body })).body as DeadLetterView;
  }
}
