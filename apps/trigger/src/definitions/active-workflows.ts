import { compileWorkflow, type VersionId, type Workflow } from '@reprise/core';
import type { Session, WorkflowStore } from '@reprise/ledger';
import { Interests } from '../events/interests.js';

export interface ActiveWorkflow {
  readonly version: VersionId;
  readonly workflow: Workflow;
}

/** The current version of every workflow that may start, compiled. Asked for its revision before every batch: a workflow is live once it is registered. */
export class ActiveWorkflows {
  private revision: string | null = null;
  private byName: ReadonlyMap<string, ActiveWorkflow> = new Map();
  private awaited = new Interests([]);
  private interestCount = 0;
  private readonly compiled = new Map<VersionId, Workflow>();

  constructor(private readonly store: WorkflowStore) {}

  /** `session`: as its transaction sees them at this moment. */
  async refresh(session?: Session): Promise<ReadonlyMap<string, ActiveWorkflow>> {
    const revision = await this.store.revision(session);
    if (revision === this.revision) return this.byName;
    const current = await this.store.current(session);
    const interests = await this.store.interests(session);
    const byName = new Map(
      current.map((each) => [each.name, { version: each.id, workflow: this.compile(each.id, each.document) }]),
    );
    // At once: of two that read at the same time, the older answer under the newer revision would be believed until the next registration.
    this.byName = byName;
    this.revision = revision;
    // None is ever taken away: fewer are older, and somebody may have been told of the others already.
    if (interests.length > this.interestCount) {
      this.interestCount = interests.length;
      this.awaited = new Interests(interests);
    }
    return byName;
  }

  /** What runs wait for, as of the last refresh or later. */
  get interests(): Interests {
    return this.awaited;
  }

  private compile(id: VersionId, document: Parameters<typeof compileWorkflow>[0]): Workflow {
    const known = this.compiled.get(id) ?? compileWorkflow(document);
    this.compiled.set(id, known);
    return known;
  }
}
