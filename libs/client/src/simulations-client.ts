import type { RetrySimulationView } from '@reprise/contracts';
import type { Connection } from './connection.js';
import type { Retry } from './workflow/policy.js';

/** What is to be simulated, and on what. */
export interface RetryProposal {
  readonly workflow: string;
  /** Only runs of this semver or number; default: of any version. */
  readonly version?: string;
  /** Path without indices, of a task or of a group with all in it; default: every call. */
  readonly task?: string;
  /** A duration back from now (`7d`, the default), or RFC 3339. */
  readonly since?: string;
  /** The fields of `retry`, or YAML text of them. What is left out stays as it was in force. */
  readonly policy: Retry | string;
}

/** What would have been, from what was recorded. Nothing is changed. */
export class SimulationsClient {
  constructor(private readonly connection: Connection) {}

  async retry(proposal: RetryProposal): Promise<RetrySimulationView> {
    const { body } = await this.connection.ask('/v1/simulations/retry', { method: 'POST', body: proposal });
    return body as RetrySimulationView;
  }
}
