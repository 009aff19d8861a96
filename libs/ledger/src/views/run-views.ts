import {
  type AttemptView,
  adviseRun,
  type HistoryFact,
  type Page,
  type RunSummary,
  type RunView,
  type TaskDetail,
  type TaskView,
} from '@reprise/contracts';
import type { Address, RunId, RunProgress, RunStatus, VersionId, Workflow } from '@reprise/core';
import { keyOf, parsePath } from '@reprise/core';
import type { Database } from '../connection/database.js';
import { instantOf, jsonOf, recordOf } from '../connection/row-values.js';
import { statement } from '../connection/statement.js';
import { WorkflowCache } from '../definitions/workflow-cache.js';
import { WorkflowStore } from '../definitions/workflow-store.js';
import type { EffectState } from '../runs/effect-store.js';
import type { BriefRun, LocatedTask } from './brief-run.js';
import { type RunViewRow, runSummary, type WholeRunRow } from './run-view.js';
import { effectStates, effectViews } from './run-view-effects.js';
import { childViews, parentState, parentTask } from './run-view-family.js';
import { type AttemptViewRow, currentAttempt, endedAttempt, taskView } from './run-view-task.js';
import { type Place, progressOf, type TaskViewRow, TaskWalk } from './run-view-walk.js';
import {
  factCursor,
  HISTORY_START,
  numberCursor,
  readFactCursor,
  readNumberCursor,
  readRunCursor,
  readTaskCursor,
  runCursor,
  taskCursor,
} from './run-views-cursor.js';
import { idRange, type RunFilter, smaller } from './run-views-filter.js';
import { type FactRow, historyFact } from './run-views-history.js';
import { type Paged, type PageRequest, page } from './run-views-page.js';
import { selectRuns } from './select-runs.js';

const FIRST_TASKS = 500;
/** Attempts shown with a task, output shown in a list (bytes as stored). */
const SHOWN_ATTEMPTS = 20;
const SHOWN_OUTPUT = 16_384;
const ANY_SIZE = 2_147_483_647;
/** How many workflows and keys a text may match before the rest is left out. */
const MATCHES = 20;

const BAD_CURSOR = { kind: 'bad-cursor' } as const;
const NOT_FOUND = { kind: 'not-found' } as const;

/** Runs as people and programs look at them. Every statement walks an index from a key, however many runs there are. */
export class RunViews {
  private readonly workflows: WorkflowCache;

  constructor(private readonly database: Database) {
    this.workflows = new WorkflowCache(new WorkflowStore(database));
  }

  /** Newest first. */
  async list(filter: RunFilter, { cursor, limit }: PageRequest): Promise<Paged<RunSummary>> {
    const after = cursor === null ? null : readRunCursor(cursor);
    if (cursor !== null && after === null) return BAD_CURSOR;
    const rows =
      filter.q === null
        ? await selectRuns(this.database, filter, { below: after, from: null }, limit + 1)
        : await this.search(filter.q, filter, after, limit + 1);
    return page(rows, limit, runSummary, (row) => runCursor(row.id));
  }

  /** With its first `tasks` tasks; 0 = none. */
  async find(id: RunId, tasks = FIRST_TASKS): Promise<RunView | null> {
    const [row] = await this.database.run<WholeRunRow>(statement('find-run'), [id]);
    if (row === undefined) return null;
    const progress = recordOf<RunProgress>(row.progress);
    const brief = { id, version: row.version_id, status: row.status, scope: row.scope };
    const page = tasks === 0 ? { items: [], next: null } : await this.taskPage(brief, null, tasks);
    const run = {
      ...runSummary(row),
      input: jsonOf(row.input),
      output: jsonOf(row.output),
      dueAt: instantOf(row.due_at),
      rerunOf: row.rerun_of,
      parentTask: await parentTask(this.workflows, row.origin),
      phase: progress?.phase?.kind ?? null,
      compensated: progress?.compensated ?? false,
      tasks: page.items,
      tasksNext: page.next,
    };
    const parent = row.status === 'failed' ? await parentState(this.database, row.origin) : null;
    return { ...run, nextText: adviseRun(run, parent) };
  }

  async brief(id: RunId): Promise<BriefRun | null> {
    type BriefRow = { id: RunId; version_id: VersionId; status: RunStatus; scope: string };
    const [row] = await this.database.run<BriefRow>(statement('find-run-brief'), [id]);
    return row === undefined ? null : { id, version: row.version_id, status: row.status, scope: row.scope };
  }

  /** In the order of the document, items in the order of their list; those that have not started yet included. */
  async tasks(id: RunId, { cursor, limit }: PageRequest): Promise<Paged<TaskView>> {
    const after = cursor === null ? null : readTaskCursor(cursor);
    if (cursor !== null && after === null) return BAD_CURSOR;
    const run = await this.brief(id);
    return run === null ? NOT_FOUND : { kind: 'page', page: await this.taskPage(run, after, limit) };
  }

  /** One task with its whole input and output; null: no such run, or its workflow has no such task, or the item was never started. */
  async task(id: RunId, path: string): Promise<TaskDetail | null> {
    const found = await this.locate(id, path);
    if (found === null) return null;
    const { run, workflow, address } = found;
    const [row] = await this.taskRows(run, [address], ANY_SIZE, true);
    const of = workflow.nodes[address.node];
    if (row === undefined || of === undefined) {
      const places = new TaskWalk(workflow, (addresses) => this.taskRows(run, addresses, SHOWN_OUTPUT, false));
      for await (const place of places.places(run.scope, null)) {
        if (place.row === null && keyOf(place.node, place.at) === keyOf(address.node, address.at))
          return { ...taskView(workflow, place, [], false), input: null };
      }
      return null;
    }
    const [view] = await this.withAttempts(run, workflow, [{ ...address, of, row, status: row.status }]);
    return view === undefined ? null : { ...view, input: jsonOf(row.input) };
  }

  /** Where a path leads in a run, and what is there now; null: no such run, or nothing that has started. */
  async locateTask(id: RunId, path: string): Promise<LocatedTask | null> {
    const found = await this.locate(id, path);
    if (found === null) return null;
    const [row] = await this.taskRows(found.run, [found.address], 0, false);
    return row === undefined ? null : { run: found.run, ...found.address, status: row.status };
  }

  /** Of effects by these names; names that are missing are not known. */
  effectStates({ run, node, at }: LocatedTask, names: readonly string[]): Promise<ReadonlyMap<string, EffectState>> {
    return effectStates(this.database, { run: run.id, node, at }, names);
  }

  /** Oldest first, the current one last. */
  async attempts(id: RunId, path: string, { cursor, limit }: PageRequest): Promise<Paged<AttemptView>> {
    const after = cursor === null ? -1 : readNumberCursor(cursor);
    if (after === null) return BAD_CURSOR;
    const found = await this.locate(id, path);
    if (found === null) return NOT_FOUND;
    const { node, at } = found.address;
    const values = [id, node, at, after, limit + 1];
    const rows = await this.database.run<AttemptViewRow>(statement('list-attempts'), values);
    const ended = page(rows, limit, endedAttempt, (row) => numberCursor(row.fence));
    if (ended.page.next !== null) return ended;
    const [row] = await this.taskRows(found.run, [found.address], 0, false);
    const newest = await this.attemptRows(id, [found.address], 1);
    const current = row === undefined ? null : currentAttempt(row, newest);
    return { kind: 'page', page: { items: [...ended.page.items, ...(current === null ? [] : [current])], next: null } };
  }

  /** Every fact, oldest first. */
  async history(id: RunId, { cursor, limit }: PageRequest): Promise<Paged<HistoryFact>> {
    const after = cursor === null ? HISTORY_START : readFactCursor(cursor);
    if (after === null) return BAD_CURSOR;
    const run = await this.brief(id);
    if (run === null) return NOT_FOUND;
    const workflow = await this.workflowOf(run);
    const values = [id, after.us, after.rank, after.place, after.at, after.fence, limit + 1];
    const rows = await this.database.run<FactRow>(statement('list-history'), values);
    return page(rows, limit, (row) => historyFact(workflow, row), factCursor);
  }

  /** Three walks, each along its own index: ids that begin with the text, keys that do, workflows that have it in their name. */
  private async search(q: string, filter: RunFilter, after: RunId | null, count: number): Promise<readonly RunViewRow[]> {
    const names = this.database.run<{ name: string }>(statement('match-workflows'), [q, MATCHES]);
    const keys = this.database.run<{ run_id: RunId }>(statement('find-runs-by-key'), [q, MATCHES]);
    const range = idRange(q);
    const older = { below: after, from: null };
    const ids = (rows: readonly { run_id: RunId }[]) => rows.map((row) => row.run_id);
    const found = await Promise.all([
      range === null ? [] : selectRuns(this.database, filter, { below: smaller(after, range.below), from: range.from }, count),
      keys.then((rows) => (rows.length === 0 ? [] : selectRuns(this.database, filter, older, count, ids(rows)))),
      names.then((rows) =>
        Promise.all(wanted(rows, filter).map((workflow) => selectRuns(this.database, { ...filter, workflow }, older, count))),
      ),
    ]);
    const byId = new Map([...found[0], ...found[1], ...found[2].flat()].map((row) => [row.id, row]));
    return [...byId.values()].sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, count);
  }

  private async taskPage(run: BriefRun, after: Address | null, limit: number): Promise<Page<TaskView>> {
    const workflow = await this.workflowOf(run);
    const walk = new TaskWalk(workflow, (addresses) => this.taskRows(run, addresses, SHOWN_OUTPUT, false));
    const places: Place[] = [];
    for await (const place of walk.places(run.scope, after)) {
      places.push(place);
      if (places.length > limit) break;
    }
    const shown = places.slice(0, limit);
    const last = shown.at(-1);
    const next = places.length > limit && last !== undefined ? taskCursor(last) : null;
    return { items: await this.withAttempts(run, workflow, shown), next };
  }

  private async withAttempts(run: BriefRun, workflow: Workflow, places: readonly Place[]): Promise<readonly TaskView[]> {
    const attempted = places.filter(({ row }) => row !== null && row.attempt > 0);
    const rows = attempted.length === 0 ? [] : await this.attemptRows(run.id, attempted, SHOWN_ATTEMPTS + 1);
    const byTask = new Map<string, AttemptViewRow[]>();
    for (const row of rows) byTask.set(keyOf(row.node, row.at), [...(byTask.get(keyOf(row.node, row.at)) ?? []), row]);
    const children = await childViews(
      this.database,
      places.map(({ row }) => progressOf(row)),
    );
    const effects = await effectViews(
      this.database,
      run.id,
      attempted.filter(({ row }) => row?.guard === 'settled' || row?.guard?.startsWith('open-') === true),
    );
    return places.map((place, index) => {
      const newest = byTask.get(keyOf(place.node, place.at)) ?? [];
      const shown = newest.slice(0, SHOWN_ATTEMPTS).toReversed();
      const view = taskView(workflow, place, shown, newest.length > SHOWN_ATTEMPTS);
      return { ...view, child: children[index] ?? null, effects: effects.get(keyOf(place.node, place.at)) ?? [] };
    });
  }

  private async locate(id: RunId, path: string): Promise<{ run: BriefRun; workflow: Workflow; address: Address } | null> {
    const run = await this.brief(id);
    if (run === null) return null;
    const workflow = await this.workflowOf(run);
    const address = parsePath(workflow, path);
    return address === null ? null : { run, workflow, address };
  }

  private async workflowOf({ id, version }: BriefRun): Promise<Workflow> {
    const workflow = await this.workflows.get(version);
    if (workflow === null) throw new Error(`run ${id}: there is no workflow version ${version}`);
    return workflow;
  }

  private taskRows(run: BriefRun, addresses: readonly Address[], outputBytes: number, inputs: boolean) {
    const values = [run.id, addresses.map(({ node }) => node), addresses.map(({ at }) => at), outputBytes, inputs];
    return this.database.run<TaskViewRow>(statement('view-tasks'), values);
  }

  private attemptRows(id: RunId, addresses: readonly Address[], count: number) {
    const values = [id, addresses.map(({ node }) => node), addresses.map(({ at }) => at), count];
    return this.database.run<AttemptViewRow>(statement('view-attempts'), values);
  }
}

function wanted(rows: readonly { readonly name: string }[], { workflow }: RunFilter): readonly string[] {
  return rows.map((row) => row.name).filter((name) => workflow === null || name === workflow);
}
