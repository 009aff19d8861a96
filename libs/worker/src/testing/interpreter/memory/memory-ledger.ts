import {
  type Address,
  type At,
  type AttemptRecord,
  type ClaimId,
  type Decision,
  type Fence,
  fence as fenceOf,
  type Guard,
  hasTaskEnded,
  type ItemResults,
  type Json,
  keyOf,
  LIST_FACTOR,
  type Limits,
  type Loaded,
  nothingLoaded,
  type Outcome,
  type RunState,
  SLICE,
  type Stored,
  sliceKey,
  type TaskKey,
  type TaskState,
  type Wants,
  type Workflow,
} from '@reprise/core';
import { ApprovalBook } from './approval-book.js';
import { EffectBook } from './effect-book.js';
import { MemoryEvents } from './memory-events.js';
import { deepFreeze, store } from './stored-row.js';

/** An attempt that claims, or has claimed, a task. */
export type Holder = Pick<TaskState, 'node' | 'at' | 'fence' | 'claim'>;

export interface MemoryLedgerOptions {
  /** Texts longer than this do not come with their row: they are `stored` and must be asked for. */
  readonly storedAbove: number;
  readonly limits: Limits;
  readonly workflow: Workflow;
}

/** One run's rows, kept as the database keeps them: as JSON, so that nothing that cannot be stored survives a commit. */
export class MemoryLedger {
  readonly attempts: AttemptRecord[] = [];
  /** The engine has given the run up: what was still to be done may be left. */
  aborted = false;
  readonly events: MemoryEvents;
  readonly approvals = new ApprovalBook();
  readonly effects = new EffectBook({
    guardOf: (holder) => this.heldBy(holder)?.guard,
    guard: (holder, guard) => this.guard(holder, guard),
    settleGuard: ({ node, at }) => this.settleGuard(node, at),
  });
  private readonly rows = new Map<TaskKey, TaskState>();
  private readonly open = new Set<TaskKey>();
  private readonly lists = new Map<TaskKey, readonly Json[]>();

  constructor(
    private row: RunState,
    private readonly options: MemoryLedgerOptions,
  ) {
    this.row = store(row);
    this.events = new MemoryEvents(options.workflow);
  }

  get run(): RunState {
    return this.row;
  }

  get tasks(): ReadonlyMap<TaskKey, TaskState> {
    return this.rows;
  }

  /** Rows that have not ended. */
  get openTasks(): readonly TaskState[] {
    return [...this.open].flatMap((key) => this.rows.get(key) ?? []);
  }

  find(node: number, at: At): TaskState | null {
    return this.rows.get(keyOf(node, at)) ?? null;
  }

  /** Writes what was decided. Texts that came as `stored` keep what is in the row. */
  commit(decision: Pick<Decision, 'run' | 'tasks' | 'attempts' | 'approvals' | 'effects' | 'marks'>): void {
    if (decision.run !== null) this.row = store(this.unmaskRun(decision.run));
    for (const task of decision.tasks) this.write(store(this.unmask(task)));
    this.events.mark(decision.marks);
    this.attempts.push(...decision.attempts.map((attempt) => store(attempt)));
    this.approvals.commit(store(decision.approvals));
    for (const write of decision.effects) this.effects.settle(write);
  }

  /** The image of a row as it will be once committed. */
  unmask(task: TaskState): TaskState {
    const before = this.rows.get(keyOf(task.node, task.at));
    return { ...task, input: whole(task.input, before?.input), output: whole(task.output, before?.output) };
  }

  private unmaskRun(run: RunState): RunState {
    return { ...run, input: whole(run.input, this.row.input), output: whole(run.output, this.row.output) };
  }

  private write(task: TaskState): void {
    const key = keyOf(task.node, task.at);
    this.rows.set(key, task);
    if (hasTaskEnded(task.status)) this.open.delete(key);
    else this.open.add(key);
  }

  /** What the scheduler loads for inputs about these instances: their rows and nothing else. */
  load(addresses: readonly Address[]): Loaded {
    const tasks = new Map<TaskKey, TaskState | null>();
    for (const { node, at } of addresses) tasks.set(keyOf(node, at), this.masked(keyOf(node, at)));
    const run = Object.freeze({ ...this.row, input: this.mask(this.row.input), output: this.mask(this.row.output) });
    return { ...nothingLoaded(run), tasks };
  }

  /** Loads, on top, what a decision asked for. */
  loadMore(loaded: Loaded, wants: Wants): Loaded {
    const tasks = new Map(loaded.tasks);
    for (const { node, at } of wants.tasks) tasks.set(keyOf(node, at), this.masked(keyOf(node, at)));
    if (wants.open) for (const key of this.open) tasks.set(key, this.masked(key));
    const slices = new Map(loaded.slices);
    for (const { node, at, slice } of wants.slices) slices.set(sliceKey(node, at, slice), this.sliceOf(node, at, slice));
    const items = new Map(loaded.items);
    for (const { node, at } of wants.items) items.set(keyOf(node, at), this.itemResults(node, at));
    const approvals = new Map(loaded.approvals);
    for (const { node, at } of wants.approvals) approvals.set(keyOf(node, at), this.approvals.state(node, at));
    const events = new Map(loaded.events);
    for (const request of wants.events) events.set(keyOf(request.node, request.at), deepFreeze(this.events.unseen(request)));
    const texts = new Map(loaded.texts);
    for (const key of wants.texts) {
      const text = key === 'run' ? this.row.input : this.rows.get(key)?.output;
      if (text !== null && text !== undefined && text !== 'stored') texts.set(key, text);
    }
    return { ...loaded, tasks, slices, items, texts, approvals, events, open: loaded.open || wants.open };
  }

  private mask(text: Stored): Stored {
    return text !== null && text.length > this.options.storedAbove ? 'stored' : text;
  }

  private masked(key: TaskKey): TaskState | null {
    const task = this.rows.get(key);
    return task === undefined ? null : Object.freeze({ ...task, input: this.mask(task.input), output: this.mask(task.output) });
  }

  private sliceOf(node: number, at: At, slice: number): readonly Json[] {
    const key = keyOf(node, at);
    const list = this.lists.get(key) ?? (JSON.parse(this.rows.get(key)?.input ?? '[]') as readonly Json[]);
    this.lists.set(key, list);
    return deepFreeze(list.slice(slice * SLICE, (slice + 1) * SLICE));
  }

  private itemResults(node: number, at: At): ItemResults {
    const list = this.rows.get(keyOf(node, at));
    const total = list?.progress?.kind === 'list' ? list.progress.next : 0;
    const rows = Array.from({ length: total }, (_, index) =>
      this.rows.get(keyOf(node, at === '' ? `${index}` : `${at}.${index}`)),
    );
    const results = rows.flatMap((row, index) =>
      row !== undefined && hasTaskEnded(row.status) && row.output !== 'stored'
        ? [{ index, status: row.status, output: row.output, error: row.error }]
        : [],
    );
    const bytes = results.reduce((sum, { output }) => sum + (output?.length ?? 0), 0);
    return bytes > this.options.limits.maxOutputBytes * LIST_FACTOR
      ? { kind: 'too-large', bytes }
      : deepFreeze({ kind: 'results', results });
  }

  /** An executor takes a ready attempt: only under the fence its ticket carries, only while the run runs and there is time. */
  claim(
    ticket: Address & { fence: Fence },
    by: { now: number; claim: ClaimId; executor: string; leaseMs: number; guard: Guard | null },
  ): TaskState | null {
    const task = this.find(ticket.node, ticket.at);
    if (this.row.status !== 'running' || task === null || task.status !== 'ready' || task.fence !== ticket.fence) return null;
    if ((task.queueUntil ?? Infinity) <= by.now || (task.totalUntil ?? Infinity) <= by.now) return null;
    const { now, claim, executor, leaseMs } = by;
    const claimed: TaskState = {
      ...task,
      status: 'running',
      fence: fenceOf(task.fence + 1),
      claim,
      executor,
      startedAt: now,
      leaseUntil: now + leaseMs,
      guard: task.guard === null || task.guard.startsWith('once-') ? by.guard : task.guard,
    };
    this.write(store(claimed));
    return this.find(ticket.node, ticket.at);
  }

  /** The row of an attempt that still counts; null: a newer one has taken over, or it has ended. */
  heldBy(holder: Holder): TaskState | null {
    const task = this.find(holder.node, holder.at);
    return task?.status === 'running' && task.claim === holder.claim && task.fence === holder.fence ? task : null;
  }

  /** Its handler has begun an effect, or knows how one ended. */
  guard(holder: Holder, guard: Guard | null): void {
    const task = this.heldBy(holder);
    if (task !== null) this.write(store({ ...task, guard }));
  }

  private settleGuard(node: number, at: At): void {
    const task = this.find(node, at);
    if (task?.guard?.startsWith('open-') === true) this.write(store({ ...task, guard: 'settled' }));
  }

  /** Its outcome is in its row before anybody hears it. */
  record(holder: Holder, recorded: Outcome): void {
    const task = this.heldBy(holder);
    if (task !== null) this.write(store({ ...task, recorded }));
  }

  /** Renews a lease and, once the handler has returned, leaves its outcome in the row. */
  renew(held: Holder, leaseUntil: number, recorded: Outcome | null): 'renewed' | 'cancelling' | 'refused' {
    const task = this.heldBy(held);
    if (task === null) return 'refused';
    this.write(store({ ...task, leaseUntil, recorded: recorded ?? task.recorded }));
    return task.cancelling ? 'cancelling' : 'renewed';
  }

  /** The watch's own write: a claimed row is looked at again when its lease ends. */
  rearm(task: TaskState, watchAt: number): void {
    this.write(store({ ...task, watchAt }));
  }

  /** The run's end has been announced: the watch need not see to it any more. */
  confirmAnnounced(): void {
    this.row = store({ ...this.row, watchAt: null });
  }
}

const whole = (text: Stored, before: Stored | undefined): Stored => {
  if (text !== 'stored') return text;
  if (before === undefined || before === null || before === 'stored')
    throw new Error('a row says its text is stored, but there is none');
  return before;
};
