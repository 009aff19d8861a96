import type { ExecutorView, Page } from '@reprise/contracts';
import type { Connection } from './connection.js';
import type { PageOptions } from './runs-client.js';

/** Processes that host handlers. */
export class ExecutorsClient {
  constructor(private readonly connection: Connection) {}

  /** Those that live, by id. */
  async list({ limit, cursor }: PageOptions = {}): Promise<Page<ExecutorView>> {
    return (await this.connection.ask('/v1/executors', { query: { limit, cursor } })).body as Page<ExecutorView>;
  }
}
