import type { DependencyView, Page } from '@reprise/contracts';
import type { Connection } from './connection.js';
import type { PageOptions } from './runs-client.js';

const at = (name: string, rest: string): string => `/v1/dependencies/${encodeURIComponent(name)}${rest}`;

/** What calls depend on: circuit breakers. */
export class DependenciesClient {
  constructor(private readonly connection: Connection) {}

  /** Those that anybody has heard of lately, by name. */
  async list({ limit, cursor }: PageOptions = {}): Promise<Page<DependencyView>> {
    return (await this.connection.ask('/v1/dependencies', { query: { limit, cursor } })).body as Page<DependencyView>;
  }

  /** Keeps calls away from it until it is closed. One that is open by hand answers 409 `wrong_state`. */
  async open(name: string, options: { readonly reason?: string } = {}): Promise<DependencyView> {
    return (await this.connection.ask(at(name, '/open'), { method: 'POST', body: options })).body as DependencyView;
  }

  /** Lets canaries through at once. One that is closed answers 409 `wrong_state`. */
  async close(name: string): Promise<DependencyView> {
    return (await this.connection.ask(at(name, '/close'), { method: 'POST' })).body as DependencyView;
  }
}
