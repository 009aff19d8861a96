import { type ChildSite, type Problem, parseDocument, versionId } from '@reprise/core';
import { interestsOf, type MemberStore, type Registration, type WorkflowStore } from '@reprise/ledger';
import type { Clock, Limits } from '@reprise/service';

export type RegisterAnswer =
  | { readonly kind: 'bad'; readonly problems: readonly Problem[] }
  | { readonly kind: 'registered'; readonly registration: Registration; readonly warnings: readonly Problem[] };

/** Checks a document, stores it as a version, and warns of what could not run now. */
export class RegisterWorkflow {
  constructor(
    private readonly store: WorkflowStore,
    private readonly members: MemberStore,
    private readonly clock: Clock,
    private readonly limits: Limits,
  ) {}

  async register(text: string): Promise<RegisterAnswer> {
    const limits = { maxBytes: this.limits.maxDocumentBytes, maxTasks: this.limits.maxTasks };
    const parsed = parseDocument(text, { limits, now: this.clock.now() });
    if (parsed.kind === 'bad') return { kind: 'bad', problems: parsed.problems };
    const { workflow, document } = parsed;
    const registration = await this.store.register(
      versionId(this.clock.uuidv7()),
      workflow.name,
      workflow.version,
      document,
      interestsOf(workflow),
    );
    const hosted = await this.hostedCalls();
    const homeless = parsed.calls
      .filter(({ call }) => !hosted.has(call))
      .map(({ call, path, line, column }): Problem => {
        const message = `no executor hosts "${call}" now; its attempts will wait`;
        return { path, line, column, message, hint: 'start an executor that hosts it, or check the name' };
      });
    const unknown = await this.unknownChildren(workflow.name, parsed.children);
    return { kind: 'registered', registration, warnings: [...parsed.warnings, ...homeless, ...unknown] };
  }

  /** They may be registered later: until then a task that starts one fails. */
  private async unknownChildren(own: string, children: readonly ChildSite[]): Promise<readonly Problem[]> {
    const warnings: Problem[] = [];
    for (const { workflow, version, path, line, column } of children) {
      if (workflow === own && version === null) continue;
      const found = await this.store.find(workflow, version ?? undefined);
      if (found !== null && !found.archived) continue;
      const what = version === null ? `workflow ${workflow}` : `version ${version} of workflow ${workflow}`;
      const message =
        found === null ? `there is no ${what} now; the task fails until there is` : `workflow ${workflow} is archived`;
      warnings.push({ path, line, column, message, hint: 'register it, or check the name' });
    }
    return warnings;
  }

  private async hostedCalls(): Promise<ReadonlySet<string>> {
    const executors = await this.members.live('executor');
    return new Set(executors.flatMap(({ info }) => (Array.isArray(info['handlers']) ? info['handlers'].map(String) : [])));
  }
}
