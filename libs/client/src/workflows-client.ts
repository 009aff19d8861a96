import type { Page, WorkflowDiff, WorkflowSummary, WorkflowView } from '@reprise/contracts';
import type { Connection } from './connection.js';
import type { PageOptions } from './runs-client.js';

export interface DocumentProblem {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly hint: string | null;
}

export interface AppliedWorkflow {
  readonly workflow: string;
  readonly version: string | null;
  readonly hash: string;
  readonly warnings: readonly DocumentProblem[];
  /** false: exactly this was registered before. */
  readonly created: boolean;
}

const at = (name: string, rest = ''): string => `/v1/workflows/${encodeURIComponent(name)}${rest}`;

export class WorkflowsClient {
  constructor(private readonly connection: Connection) {}

  /**
   * Registers a document: YAML or JSON as text, or a plain object. A bad one is a RepriseError 422 whose `problem.errors` name every
   * problem with line and column; the same semver with other content is 409.
   */
  async apply(document: string | object): Promise<AppliedWorkflow> {
    const text = typeof document === 'string' ? document : JSON.stringify(document);
    const type = text.trimStart().startsWith('{') ? 'application/json' : 'application/yaml';
    const { status, body } = await this.connection.ask('/v1/workflows', {
      method: 'POST',
      text,
      headers: { 'content-type': type },
    });
    return { ...(body as Omit<AppliedWorkflow, 'created'>), created: status === 201 };
  }

  async list(page: PageOptions = {}): Promise<Page<WorkflowSummary>> {
    const { limit, cursor } = page;
    return (await this.connection.ask('/v1/workflows', { query: { limit, cursor } })).body as Page<WorkflowSummary>;
  }

  /** The current version, or the one with that semver or number. */
  async get(name: string, version?: string): Promise<WorkflowView> {
    return (await this.connection.ask(at(name), { query: { version } })).body as WorkflowView;
  }

  /** Default: from the version before the current one to the current one. */
  async diff(name: string, versions: { readonly from?: string; readonly to?: string } = {}): Promise<WorkflowDiff> {
    return (await this.connection.ask(at(name, '/diff'), { query: { ...versions } })).body as WorkflowDiff;
  }

  /** Newest first. */
  async versions(name: string, { limit, cursor }: PageOptions = {}): Promise<Page<WorkflowSummary>> {
    return (await this.connection.ask(at(name, '/versions'), { query: { limit, cursor } })).body as Page<WorkflowSummary>;
  }

  /** Nothing more starts; what runs goes on. */
  async archive(name: string): Promise<void> {
    await this.connection.ask(at(name), { method: 'DELETE' });
  }
}
