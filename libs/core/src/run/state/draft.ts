import type { At, TaskKey } from '../../address.js';
import { keyOf } from '../../address.js';
import type { AdmissionRequest } from '../../admission/index.js';
import type { Json, JsonText } from '../../json.js';
import { parseJsonText } from '../../json.js';
import type { Node, Workflow } from '../../workflow/workflow.js';
import type { ApprovalWrite } from './approval.js';
import type { Applied, AttemptRecord, Decision, Fact, ItemResults, Loaded, Message, Moment, Wants } from './decision.js';
import { SLICE, sliceKey } from './decision.js';
import type { EffectWrite } from './effect-finding.js';
import { itemResults } from './item-results.js';
import type { EventMark, EventRequest, KeptEvents } from './kept-event.js';
import { outgoing } from './outgoing.js';
import type { RunState } from './run-state.js';
import { hasTaskEnded } from './status.js';
import { taskNews } from './task-news.js';
import type { Stored, TaskState } from './task-state.js';
import { UNDO_SLICE } from './undoable.js';
import { NeedsMore, together } from './wants.js';

const valueAt = (values: readonly Json[], index: number): Json => values[index] ?? null;

/** Multiples of it, modulo 1, spread evenly. */
const GOLDEN = 0.618_033_988_749_894_9;

/** The finest that the database tells apart. */
const TICK_MS = 0.001;

/**
 * A decision in the making: a copy-on-write view of what was loaded.
 * `agenda` holds the scopes and lists that must be looked at again; working it off instead of recursing keeps the stack flat
 * however many items end at once.
 */
export class Draft {
  run: RunState;
  private readonly messages: Message[] = [];
  readonly attempts: AttemptRecord[] = [];
  readonly approvals: ApprovalWrite[] = [];
  readonly effects: EffectWrite[] = [];
  readonly facts: Fact[] = [];
  readonly marks: EventMark[] = [];
  /** Asked for together, in the end: a hundred items that start ask once, not one by one. */
  readonly admissionRequests: AdmissionRequest[] = [];
  readonly agenda = new Set<TaskKey | 'root'>();
  /** Scopes and lists that this decision has begun to close, whose open members have yet to be asked to stop. */
  private readonly closed = new Set<TaskKey | 'root'>();
  /** Items this decision may still start; the rest comes with an `again`. */
  starts = SLICE;
  /** Compensations this decision may still start: as many as it has been shown what is to be undone. */
  undos = UNDO_SLICE;
  private drawn = 0.5;
  private ticks = 0;
  private fresh = false;
  private readonly changed = new Map<TaskKey, TaskState>();
  private readonly lists = new Map<TaskKey, readonly Json[]>();
  private readonly parsed = new Map<string, Json>();

  constructor(
    readonly workflow: Workflow,
    /** For those who ask for what only they need: absent is `NeedsMore`. */
    readonly loaded: Loaded,
    readonly moment: Moment,
  ) {
    this.run = loaded.run;
  }

  /** A run that is being born: no row of it exists but those of this draft. */
  startsFresh(): void {
    this.fresh = true;
  }

  get isFresh(): boolean {
    return this.fresh;
  }

  /** The random number of the input that is being applied. */
  draws(unit: number): void {
    this.drawn = unit;
  }

  /** A random number in [0, 1): the input's own for the first that asks, then others, or all would wait the same time. */
  unit(): number {
    const unit = this.drawn;
    this.drawn = (unit + GOLDEN) % 1;
    return unit;
  }

  get now(): number {
    return this.moment.now + this.ticks * TICK_MS;
  }

  /** Whatever happens from here on happens after what has happened so far: what ended first must be known when it is undone. */
  tick(): void {
    this.ticks += 1;
  }

  get runChanged(): boolean {
    return this.run !== this.loaded.run;
  }

  get changedTasks(): readonly TaskState[] {
    return [...this.changed.values()];
  }

  node(index: number): Node {
    const node = this.workflow.nodes[index];
    if (node === undefined) throw new Error(`workflow ${this.workflow.name} has no node ${index}`);
    return node;
  }

  /** The row, or null when there is none. */
  find(node: number, at: At): TaskState | null {
    const key = keyOf(node, at);
    const task = this.changed.get(key) ?? this.loaded.tasks.get(key);
    if (task === undefined) throw new NeedsMore({ tasks: [{ node, at }] });
    return task;
  }

  get(node: number, at: At): TaskState {
    const task = this.find(node, at);
    if (task === null) throw new Error(`run ${this.run.id}: no row for ${keyOf(node, at)}, though its scope says so`);
    return task;
  }

  put(task: TaskState): void {
    this.changed.set(keyOf(task.node, task.at), task);
  }

  send(message: Message): void {
    this.messages.push(message);
  }

  /** All of it, to be committed together. */
  decision(applied: readonly Applied[]): Decision & { readonly run: RunState } {
    const { run, changedTasks: tasks, attempts, approvals, effects, facts, marks } = this;
    const told = taskNews(this.workflow, this.loaded, { run, tasks, attempts });
    const messages = [...outgoing(this.messages, (node, at) => this.get(node, at)), ...told];
    return { kind: 'decided', run, tasks, attempts, approvals, effects, messages, facts, marks, applied };
  }

  /** To be called wherever something begins to close, so that its members are asked to stop once, not with every decision after. */
  closes(key: TaskKey | 'root'): void {
    this.closed.add(key);
    this.agenda.add(key);
  }

  hasJustClosed(key: TaskKey | 'root'): boolean {
    return this.closed.delete(key);
  }

  /** Visits all before asking for what any of them missed: one more look at the ledger, not one for each. */
  visitAll<Item>(items: Iterable<Item>, visit: (item: Item) => void): void {
    let missing: Wants | null = null;
    for (const item of items) {
      try {
        visit(item);
      } catch (error) {
        if (!(error instanceof NeedsMore)) throw error;
        missing = missing === null ? error.wants : together(missing, error.wants);
      }
    }
    if (missing !== null) throw new NeedsMore(missing);
  }

  /** The row if it has not ended, else null. Looks at open rows only, so that a list of many ended items costs nothing to load. */
  findOpen(node: number, at: At): TaskState | null {
    if (!this.loaded.open) throw new NeedsMore({ open: true });
    const key = keyOf(node, at);
    const task = this.changed.get(key) ?? this.loaded.tasks.get(key) ?? null;
    return task === null || hasTaskEnded(task.status) ? null : task;
  }

  /** Every row that has not ended. */
  openTasks(): readonly TaskState[] {
    if (!this.loaded.open) throw new NeedsMore({ open: true });
    const rows = new Map<TaskKey, TaskState | null>([...this.loaded.tasks, ...this.changed]);
    return [...rows.values()].filter((task): task is TaskState => task !== null && !hasTaskEnded(task.status));
  }

  /** Events that a wait has not seen. */
  eventsFor(request: EventRequest): KeptEvents {
    const found = this.loaded.events.get(keyOf(request.node, request.at));
    if (found === undefined) throw new NeedsMore({ events: [request] });
    return found;
  }

  see(mark: EventMark): void {
    this.marks.push(mark);
  }

  /** Whether this very decision has taken the event for some wait, or refused it for this one. */
  hasSeen({ node, at }: TaskState, number: number): boolean {
    return this.marks.some((mark) => mark.number === number && (mark.taken || (mark.node === node && mark.at === at)));
  }

  rememberList(node: number, at: At, items: readonly Json[]): void {
    this.lists.set(keyOf(node, at), items);
  }

  /** One value of a forEach list. */
  listItem(node: number, at: At, index: number): Json {
    const whole = this.lists.get(keyOf(node, at));
    if (whole !== undefined) return valueAt(whole, index);
    const slice = Math.floor(index / SLICE);
    const values = this.loaded.slices.get(sliceKey(node, at, slice));
    if (values === undefined) throw new NeedsMore({ slices: [{ node, at, slice }] });
    return valueAt(values, index % SLICE);
  }

  /** Results of a list's items, those that ended in this very decision included. */
  itemResults(list: TaskState): ItemResults {
    return itemResults(this, list);
  }

  /** The text behind a stored value; large ones are asked for by key. */
  text(stored: Stored, key: 'run' | TaskKey): JsonText | null {
    if (stored !== 'stored') return stored;
    const text = this.loaded.texts.get(key);
    if (text === undefined) throw new NeedsMore({ texts: [key] });
    return text;
  }

  /** Parsed once per decision, however many expressions name it. */
  value(stored: Stored, key: 'run' | TaskKey): Json {
    const text = this.text(stored, key);
    if (text === null) return null;
    const known = this.parsed.get(key);
    if (known !== undefined) return known;
    const value = parseJsonText(text);
    this.parsed.set(key, value);
    return value;
  }
}
