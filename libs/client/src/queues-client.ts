import type { Page, QueueView } from '@reprise/contracts';
import type { Connection } from './connection.js';
import type { PageOptions } from './runs-client.js';

const at = (name: string, rest: string): string => `/v1/queues/${encodeURIComponent(name)}${rest}`;

/** Task queues. */
export class QueuesClient {
  constructor(private readonly connection: Connection) {}

  /** Those that an executor reads, an attempt waits for, or that are paused; by name. */
  async list({ limit, cursor }: PageOptions = {}): Promise<Page<QueueView>> {
    return (await this.connection.ask('/v1/queues', { query: { limit, cursor } })).body as Page<QueueView>;
  }

  /** No executor takes a new attempt of it. One that is paused answers 409 `wrong_state`. */
  async pause(name: string, options: { readonly reason?: string } = {}): Promise<QueueView> {
    return (await this.connection.ask(at(name, '/pause'), { method: 'POST', body: options })).body as QueueView;
  }

  /** One that is not paused answers 409 `wrong_state`. */
  async resume(name: string): Promise<QueueView> {
    return (await this.connection.ask(at(name, '/resume'), { method: 'POST' })).body as QueueView;
  }
}
