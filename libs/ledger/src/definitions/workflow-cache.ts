import { compileWorkflow, type VersionId, type Workflow } from '@reprise/core';
import type { WorkflowStore } from './workflow-store.js';

/** Compiled versions by id; versions never change, so the only limit is memory. */
export class WorkflowCache {
  private readonly compiled = new Map<VersionId, Workflow>();
  private readonly loading = new Map<VersionId, Promise<Workflow | null>>();

  constructor(
    private readonly store: Pick<WorkflowStore, 'byId'>,
    private readonly most = 1_000,
  ) {}

  /** null: no such version. */
  async get(id: VersionId): Promise<Workflow | null> {
    const known = this.compiled.get(id);
    if (known !== undefined) return known;
    const loading = this.loading.get(id) ?? this.load(id).finally(() => this.loading.delete(id));
    this.loading.set(id, loading);
    return loading;
  }

  private async load(id: VersionId): Promise<Workflow | null> {
    const stored = await this.store.byId(id);
    if (stored === null) return null;
    const workflow = compileWorkflow(stored.document);
    if (this.compiled.size >= this.most) this.compiled.delete(this.compiled.keys().next().value ?? id);
    this.compiled.set(id, workflow);
    return workflow;
  }
}
