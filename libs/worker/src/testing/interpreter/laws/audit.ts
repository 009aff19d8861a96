import {
  hasRunEnded,
  hasTaskEnded,
  isItem,
  itemAt,
  keyOf,
  type Node,
  pathOf,
  type TaskState,
  type Workflow,
} from '@reprise/core';
import { LawBroken } from '../law-broken.js';
import { letterOf, scopeTextOf } from '../memory/letters.js';
import type { MemoryLedger } from '../memory/memory-ledger.js';
import { auditAftermath } from './check-aftermath.js';

const NOTHING: ReadonlyMap<string, TaskState> = new Map();

/** A run at rest: it has ended and so has everything in it, or only what others must move (parked tasks, waits for events, and what encloses or needs them) is open. */
export function auditRest(workflow: Workflow, ledger: MemoryLedger): void {
  const open = [...ledger.tasks.values()].filter((task) => !hasTaskEnded(task.status));
  const stuck = open.find((task) => task.status !== 'parked' && task.progress === null);
  if (stuck !== undefined) throw new LawBroken(`${pathOf(workflow, stuck)} is stuck: ${JSON.stringify(stuck)}`);
  if (hasRunEnded(ledger.run.status) ? open.length > 0 : !open.some((task) => task.status === 'parked' || waitsForOthers(task)))
    throw new LawBroken(`the run rests as ${ledger.run.status} with ${open.length} open rows ${JSON.stringify(ledger.run)}`);
  auditApprovals(workflow, ledger);
  auditAftermath(workflow, ledger);
  for (const task of ledger.tasks.values()) auditRow(workflow, ledger, task);
  auditAttempts(workflow, ledger);
}

/** Until somebody sends an event or decides: only a timeout would end it by itself. */
const waitsForOthers = ({ status, progress, dueAt }: TaskState): boolean =>
  status === 'waiting' && (progress?.kind === 'wait' || progress?.kind === 'approval') && dueAt === null;

function auditRow(workflow: Workflow, ledger: MemoryLedger, task: TaskState): void {
  const node = workflow.nodes[task.node]!;
  const fail = (what: string): never => {
    throw new LawBroken(`${pathOf(workflow, task)}: ${what}\n${JSON.stringify(task)}`);
  };
  if (!isItem(node, task.at) && node.role === 'member') {
    const text = scopeTextOf(workflow, ledger, NOTHING, null, node, task.at);
    if (text[node.position] !== letterOf(node, task) && !isLeftBehind(ledger, text[node.position], task))
      fail(`its scope has it as ${text[node.position]}`);
  }
  if (task.progress?.kind === 'scope') auditScope(workflow, ledger, node, task, fail);
  if (task.progress?.kind === 'list') auditList(ledger, task, fail);
  if (task.progress?.kind === 'rounds') auditRounds(ledger, task, fail);
}

/** The run was taken up again, and this time what had failed was skipped, or cancelled before it began. */
function isLeftBehind(ledger: MemoryLedger, letter: string | undefined, row: TaskState): boolean {
  const again = row.status === 'failed' || row.status === 'cancelled';
  return ledger.run.progress.reopened > 0 && again && letter !== undefined && '.kx'.includes(letter);
}

/** What people are asked, the run waits for, and nothing else; what they have decided has been heard. */
function auditApprovals(workflow: Workflow, ledger: MemoryLedger): void {
  for (const { request, state } of ledger.approvals.all.values()) {
    const row = ledger.find(request.node, request.at);
    const isWaiting = row !== null && row.status === 'waiting' && row.fence === request.fence;
    if ((state === 'open') !== isWaiting)
      throw new LawBroken(`${pathOf(workflow, request)}: the approval is ${state}, its task ${row?.status}`);
  }
}

type Fail = (what: string) => never;

/** Who has no row was skipped, or was never started because its scope closed. */
function auditScope(workflow: Workflow, ledger: MemoryLedger, node: Node, task: TaskState, fail: Fail): void {
  const members = node.work.kind === 'group' ? node.work.group.members : [];
  const states = task.progress?.kind === 'scope' ? task.progress.states : '';
  for (const [position, member] of members.entries()) {
    const letter = states[position] ?? '?';
    const row = ledger.find(member, task.at);
    if (row === null && !(letter === 'k' || letter === 'x' || (letter === '.' && !hasTaskEnded(task.status))))
      fail(`member ${workflow.nodes[member]!.id} is ${letter} without a row`);
    if (row !== null && (letter === 'k' || letter === '.') && !isLeftBehind(ledger, letter, row))
      fail(`member ${workflow.nodes[member]!.id} is ${letter} with a row`);
  }
}

function auditList(ledger: MemoryLedger, list: TaskState, fail: Fail): void {
  if (list.progress?.kind !== 'list') return;
  const { total, next, done, failed, closing, redo = [] } = list.progress;
  const items = Array.from({ length: total }, (_, index) =>
    ledger.find(list.node, list.at === '' ? `${index}` : `${list.at}.${index}`),
  );
  const made = items.filter((item): item is TaskState => item !== null);
  if (made.length !== next || items.slice(0, next).some((item) => item === null))
    fail(`${next} items counted, ${made.length} made`);
  if (made.filter((item) => hasTaskEnded(item.status)).length !== done + redo.length) fail('the count of ended items is wrong');
  const again = redo.filter((index) => items[index]?.status === 'failed').length;
  if (made.filter((item) => item.status === 'failed').length !== failed + again) fail('the count of failed items is wrong');
  if (hasTaskEnded(list.status) && (done + redo.length !== next || (next < total && closing === null)))
    fail('ended before its items');
}

/** Rounds are there one after the other; what an ended row says is what its last round said. */
function auditRounds(ledger: MemoryLedger, owner: TaskState, fail: Fail): void {
  if (owner.progress?.kind !== 'rounds') return;
  const { round } = owner.progress;
  const rounds = Array.from({ length: round }, (_, index) => ledger.find(owner.node, itemAt(owner.at, index + 1)));
  if (rounds.some((row) => row === null) || ledger.find(owner.node, itemAt(owner.at, round + 1)) !== null)
    fail(`${round} rounds counted, others made`);
  if (!hasTaskEnded(owner.status)) return;
  if (rounds.some((row) => row !== null && !hasTaskEnded(row.status))) fail('ended before its rounds');
  const last = rounds.at(-1);
  if (owner.status === 'succeeded' && (last?.status !== 'succeeded' || last.output !== owner.output))
    fail('its output is not that of its last round');
}

/** Numbers never skip or repeat; fences grow with them. */
function auditAttempts(workflow: Workflow, ledger: MemoryLedger): void {
  const last = new Map<string, { attempt: number; fence: number }>();
  for (const record of ledger.attempts) {
    const key = keyOf(record.node, record.at);
    const before = last.get(key) ?? { attempt: 0, fence: 0 };
    // A first success is not kept, and may be followed by others in a run that was taken up again.
    const skips = ledger.run.progress.reopened === 0 && record.attempt !== before.attempt + 1;
    if (skips || record.attempt <= before.attempt || record.fence <= before.fence)
      throw new LawBroken(`${pathOf(workflow, record)}: attempt ${record.attempt} is recorded after ${before.attempt}`);
    last.set(key, record);
  }
  for (const [key, { attempt }] of last) {
    const row = ledger.tasks.get(key);
    if (row === undefined || (row.attempt !== attempt && row.attempt !== attempt + 1))
      throw new LawBroken(`${key}: attempt ${attempt} recorded, the row has ${row?.attempt}`);
  }
}
