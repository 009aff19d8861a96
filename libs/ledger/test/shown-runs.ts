import { type Json, parseDocument, type RunId, runId, startRun, toJsonText, type VersionId, versionId } from '@reprise/core';
import { uuidv7Source } from '@reprise/service';
import { TestDatabase } from '@reprise/testing';
import { RunViews, StartStore, WorkflowStore } from '../src/index.js';

const DOCUMENT = `
workflow: sync
version: "1.2.0"
tasks:
  plan: { call: sync.plan }
  never: { needs: [plan], if: "false", call: sync.never }
  page:
    forEach: { in: "\${{ input.pages }}", parallel: 12 }
    tasks:
      fetch: { call: sync.fetch, with: { page: "\${{ each.value }}" } }
      apply: { needs: [fetch], call: sync.apply }
  report: { needs: [page], call: sync.report }
`;

const parsed = parseDocument(DOCUMENT);
if (parsed.kind === 'bad') throw new Error(JSON.stringify(parsed.problems));
const { workflow, document } = parsed;
const limits = { maxInputBytes: 1e6, maxOutputBytes: 1e6, maxItems: 1e5 };

/** A ledger with runs of one workflow that views are asked about: nobody executes anything. */
export class ShownRuns {
  /** When the run that was started last was created. */
  clockMs = Date.now() - 1_000_000;
  private readonly uuid = uuidv7Source(
    () => this.clockMs,
    (bytes) => void crypto.getRandomValues(bytes),
  );
  readonly version: VersionId = versionId(this.uuid());
  private own: TestDatabase | null = null;

  get db(): TestDatabase {
    if (this.own === null) throw new Error('not begun yet');
    return this.own;
  }

  get views(): RunViews {
    return new RunViews(this.db.database);
  }

  begin = async (): Promise<void> => {
    this.own = await TestDatabase.create();
    await new WorkflowStore(this.db.database).register(this.version, 'sync', '1.2.0', document);
  };

  end = async (): Promise<void> => this.own?.end();

  /** Each is 10 ms younger than the one before. */
  start = async (pages: number, more: { labels?: Record<string, string>; key?: string } = {}): Promise<RunId> => {
    this.clockMs += 10;
    const id = runId(this.uuid());
    const input = toJsonText({ pages: Array.from({ length: pages }, (_, index) => index) } as Json);
    const request = { id, input, labels: more.labels ?? {} };
    const { run, tasks, attempts } = startRun(workflow, request, { now: this.clockMs, units: [], limits });
    const { version } = this;
    await new StartStore(this.db.database).insertRuns([
      { run, version, workflow: 'sync', trigger: 'api', key: more.key ?? null, tasks, attempts },
    ]);
    return id;
  };
}

export async function pageOf<Item>(
  asked: Promise<{ kind: string; page?: { items: readonly Item[]; next: string | null } }>,
): Promise<{ readonly items: readonly Item[]; readonly next: string | null }> {
  const answer = await asked;
  if (answer.page === undefined) throw new Error(answer.kind);
  return answer.page;
}
