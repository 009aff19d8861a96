import type { BatchAction, BatchView, Page } from '@reprise/contracts';
import type { RunStatus } from '@reprise/core';
import type { Connection } from './connection.js';
import type { PageOptions } from './runs-client.js';

/** Which runs: those that fit all of it. `all`: every one there is, instead of anything else. */
export interface BatchFilter {
  readonly status?: RunStatus;
  readonly workflow?: string;
  readonly label?: Readonly<Record<string, string>>;
  /** RFC 3339. */
  readonly since?: string;
  readonly until?: string;
  /** Beginning of an id or key, or part of a workflow's name. */
  readonly q?: string;
  readonly all?: true;
}

export interface NewBatch {
  readonly action: BatchAction;
  readonly filter: BatchFilter;
  /** Runs of a second, 1–500; default 50. */
  readonly rate?: number;
  readonly reason?: string;
}

const at = (id: string, rest = ''): string => `/v1/batches/${encodeURIComponent(id)}${rest}`;

/** What is asked of many runs at once. */
export class BatchesClient {
  constructor(private readonly connection: Connection) {}

  /** Of the runs that are there by now. */
  async create(batch: NewBatch): Promise<{ readonly id: string; readonly count: number }> {
    return this.post('/v1/batches', batch);
  }

  /** How many runs it would be about. */
  async count(batch: NewBatch): Promise<number> {
    const { count } = await this.post<{ count: number }>('/v1/batches', { ...batch, dryRun: true });
    return count;
  }

  /** Newest first. */
  async list(page: PageOptions = {}): Promise<Page<BatchView>> {
    return (await this.connection.ask('/v1/batches', { query: { ...page } })).body as Page<BatchView>;
  }

  async get(id: string): Promise<BatchView> {
    return (await this.connection.ask(at(id))).body as BatchView;
  }

  /** Takes no further step. One that has ended answers 409 `batch_ended`. */
  async cancel(id: string): Promise<BatchView> {
    return this.post(at(id, '/cancel'), {});
  }

  private async post<Shape>(path: string, body: unknown): Promise<Shape> {
    return (await this.connection.ask(path, { method: 'POST', body })).body as Shape;
  }
}
