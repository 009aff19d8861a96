import { isDeepStrictEqual } from 'node:util';
import {
  type Decision,
  depthOf,
  hasRunEnded,
  hasTaskEnded,
  type Input,
  isItem,
  itemIndex,
  keyOf,
  NEXT_RUN,
  NEXT_TASK,
  type Node,
  outerAt,
  type RunState,
  SLICE,
  type TaskState,
  type TaskStatus,
  type Workflow,
} from '@reprise/core';
import { broken, type Commit, LawBroken } from '../law-broken.js';
import { letterOf, scopeTextOf } from '../memory/letters.js';
import type { MemoryLedger } from '../memory/memory-ledger.js';
import { checkAftermath } from './check-aftermath.js';
import { checkApprovals } from './check-approvals.js';
import { checkLeaving, checkNextAttempt } from './check-attempt.js';
import { checkDoubt } from './check-doubt.js';
import { checkMarks, checkWaiting } from './check-events.js';
import { checkMessage } from './check-message.js';
import { checkNews } from './check-news.js';
import { checkPaused, isAsked, isPaused } from './check-paused.js';
import { checkReopenedRun, checkTakenUp, isReopened } from './check-reopened.js';
import { checkNewRound, checkRounds, checkRoundsStep } from './check-rounds.js';

/** What one commit may do to the rows, whatever the decision was about. Call it before the commit. */
export function checkCommit(
  workflow: Workflow,
  ledger: MemoryLedger,
  inputs: readonly Input[],
  decision: Decision,
  now: number,
): void {
  const commit = commitOf(workflow, ledger, inputs, decision, now);
  const { images } = commit;
  if (decision.applied.length > 0 && decision.applied.every((applied) => applied === 'stale')) checkNothingChanged(commit);
  checkRun(commit);
  let items = 0;
  for (const image of images.values()) {
    const before = ledger.find(image.node, image.at);
    if (before === null) {
      checkNew(commit, image);
      if (isItem(nodeOf(commit, image), image.at)) items += 1;
    } else checkStep(commit, before, image);
    if (before !== null) checkDoubt(commit, before, image);
    checkAlive(commit, image);
    checkWaiting(commit, image);
    checkProgress(commit, image);
    checkLetter(commit, image);
  }
  checkApprovals(commit);
  checkAftermath(commit);
  checkPaused(commit);
  if (items > SLICE) throw new LawBroken(`one decision starts ${items} items`);
  checkMarks(commit);
  for (const message of decision.messages) checkMessage(commit, message);
  checkNews(commit);
  for (const [index, input] of inputs.entries()) checkHeard(commit, input, decision.applied[index] === 'applied');
}

export function commitOf(
  workflow: Workflow,
  ledger: MemoryLedger,
  inputs: readonly Input[],
  decision: Decision,
  now: number,
): Commit {
  const images = new Map(decision.tasks.map((task) => [keyOf(task.node, task.at), ledger.unmask(task)]));
  if (images.size !== decision.tasks.length) throw new LawBroken('one decision writes a row twice');
  return { workflow, ledger, inputs, decision, images, now };
}

const nodeOf = ({ workflow }: Commit, task: TaskState): Node => workflow.nodes[task.node]!;

function checkNothingChanged({ decision }: Commit): void {
  if (
    decision.run !== null ||
    decision.tasks.length + decision.messages.length + decision.attempts.length + decision.facts.length > 0
  )
    throw new LawBroken(`stale inputs changed something: ${JSON.stringify(decision)}`);
}

function checkRun(commit: Commit): void {
  const { ledger, decision } = commit;
  const { run } = decision;
  const before = ledger.run;
  if (run !== null && isReopened(commit)) return checkReopenedRun(before, run);
  if (hasRunEnded(before.status)) {
    if (decision.tasks.length > 0) throw new LawBroken('an ended run changes its tasks');
    if (
      run !== null &&
      !isDeepStrictEqual({ ...ledger.run, watchAt: null }, JSON.parse(JSON.stringify({ ...before, watchAt: null })))
    )
      throw new LawBroken('an ended run changes');
    return;
  }
  if (run === null) return;
  checkClosing(before, run);
  if (run.status === before.status) return;
  const next: readonly string[] = NEXT_RUN[before.status];
  if (!next.includes(run.status)) throw new LawBroken(`run: ${before.status} → ${run.status}`);
}

/** The reason to end a run for good is the first there was; a failure that is being cleaned up may still be overtaken by it. */
function checkClosing(before: RunState, after: RunState): void {
  const { closing, error } = before.scope;
  if (closing === null || (closing === 'failed' && after.scope.closing !== null)) return;
  if (after.scope.closing !== closing || !isDeepStrictEqual(after.scope.error, error))
    throw new LawBroken(`a run that closes as ${closing} closes as ${after.scope.closing}`);
}

function checkNew(commit: Commit, task: TaskState): void {
  const node = nodeOf(commit, task);
  if (!isNow(commit, task.createdAt)) broken(commit, task, 'a new row is not made now');
  if (!isAllowed('pending', task.status) && !(task.progress?.kind === 'rounds' && isAllowed('running', task.status)))
    broken(commit, task, `pending → ${task.status}`);
  if (task.attempt > 1 && task.progress?.kind !== 'rounds') broken(commit, task, 'the first attempt is not number 1');
  if (isItem(node, task.at)) return checkNewItem(commit, node, task);
  if (node.role !== 'member') return;
  const text = scopeTextOf(commit.workflow, commit.ledger, commit.images, commit.decision.run, node, task.at);
  const positions = sequenceOf(commit.workflow, node)
    ? Array.from({ length: node.position }, (_, position) => position)
    : node.needs.map((need) => commit.workflow.nodes[need]!.position);
  const needs = positions.map((position) => text[position]);
  if (node.runWhen === 'anySucceeded' && needs.includes('s') && !sequenceOf(commit.workflow, node)) return;
  if (needs.some((letter) => letter === '.' || letter === 'o'))
    broken(commit, task, `started while its needs are ${needs.join('')}`);
}

function checkNewItem(commit: Commit, node: Node, task: TaskState): void {
  const outer = outerAt(task.at, depthOf(task.at) - 1);
  const owner = commit.images.get(keyOf(node.index, outer)) ?? commit.ledger.find(node.index, outer);
  if (owner?.progress?.kind === 'rounds') checkNewRound(commit, task, itemIndex(task.at), owner);
  else if (owner?.progress?.kind !== 'list') broken(commit, task, 'an item of no list');
}

function sequenceOf(workflow: Workflow, node: Node): boolean {
  const parent = node.parent === null ? null : workflow.nodes[node.parent]!.work;
  if (parent === null) return workflow.root.sequence;
  return parent.kind === 'group' && parent.group.sequence;
}

function isAllowed(from: TaskStatus, to: TaskStatus): boolean {
  const next: readonly TaskStatus[] = NEXT_TASK[from];
  return next.includes(to);
}

function checkStep(commit: Commit, before: TaskState, after: TaskState): void {
  const say = (what: string): never => broken(commit, after, `${what}; before ${JSON.stringify(before)}`);
  if (hasTaskEnded(before.status)) return checkTakenUp(commit, before, after);
  if (after.createdAt !== before.createdAt) say('a row is made twice');
  if (after.status !== before.status && !isAllowed(before.status, after.status)) say(`${before.status} → ${after.status}`);
  if (after.fence < before.fence) say('the fence goes back');
  if (before.progress?.kind === 'rounds') return checkRoundsStep(commit, before, after);
  const isNewTicket = after.status === 'ready' && (before.status !== 'ready' || before.queuedAt !== after.queuedAt);
  if (isNewTicket && after.fence <= before.fence) say('a new ticket under an old fence');
  // Its backoff was over when it asked for a place; it is told when there is one.
  const waitsForPlace = before.why?.reason === 'hold' && before.why.hold === 'CONCURRENCY';
  const isHurried = waitsForPlace || isAsked(commit, 'retry-now', after);
  if (before.status === 'retrying' && after.status === 'ready' && commit.now < (before.dueAt ?? Infinity) && !isHurried)
    say('a retry before its backoff');
  if (
    before.status === 'waiting' &&
    nodeOf(commit, after).work.kind === 'sleep' &&
    after.status === 'succeeded' &&
    commit.now < (before.dueAt ?? Infinity)
  )
    say('a sleep ends early');
  checkLeaving(commit, before, after);
  if (after.attempt !== before.attempt) checkNextAttempt(commit, before, after);
}

/** Whatever has not ended is seen by the watch at the latest, or moved by what is inside it. */
function checkAlive(commit: Commit, task: TaskState): void {
  if (hasTaskEnded(task.status)) {
    const leftovers = [task.claim, task.leaseUntil, task.dueAt, task.watchAt, task.queueUntil, task.recorded];
    if (leftovers.some((leftover) => leftover !== null) || task.cancelling || !isNow(commit, task.endedAt))
      broken(commit, task, 'an ended row still waits for something');
    return;
  }
  if (task.endedAt !== null) broken(commit, task, 'an open row has an end');
  if (task.progress?.kind === 'child' && task.watchAt === null && !isPaused(commit))
    broken(commit, task, 'nobody asks after its run');
  if (task.totalUntil !== null && task.watchAt === null && mayTimeOut(task) && !isPaused(commit))
    broken(commit, task, 'nobody would see that its time is over');
  if (task.status === 'parked' || task.progress !== null) return;
  if (task.watchAt === null && !isPaused(commit)) broken(commit, task, 'nobody looks after this row');
  const wait = task.status === 'retrying' || task.status === 'waiting';
  if (wait !== (task.dueAt !== null)) broken(commit, task, 'a wait without an end, or an end without a wait');
}

/** A group that has been asked to stop waits for what is in it; a row without progress is watched for its attempt. */
const mayTimeOut = ({ progress }: TaskState): boolean =>
  progress !== null && (!('closing' in progress) || progress.closing === null || progress.closing === 'failed');

/** What happens in one decision happens at one moment, but for the microseconds that keep its order. */
const isNow = ({ now }: Commit, instant: number | null): boolean => instant !== null && instant >= now && instant < now + 1;

function checkProgress(commit: Commit, task: TaskState): void {
  const { progress } = task;
  if (progress === null || hasTaskEnded(task.status)) return;
  if (progress.kind === 'scope') {
    if (!/[.o]/.test(progress.states)) broken(commit, task, 'a settled group stays open');
    return;
  }
  if (progress.kind === 'rounds') return checkRounds(commit, task);
  if (progress.kind !== 'list') return;
  const { forEach } = nodeOf(commit, task);
  const { total, next, done } = progress;
  const started = next - (progress.redo?.length ?? 0);
  if (next > total || done > next) broken(commit, task, 'counters out of order');
  const parallel = forEach?.parallel ?? 1;
  if (started - done > parallel) broken(commit, task, 'more items at once than allowed');
  if (done === total) broken(commit, task, 'a finished list stays open');
  const couldStart = progress.closing === null && started < total && started - done < parallel;
  if (couldStart && task.watchAt === null && !isPaused(commit))
    broken(commit, task, 'items could start, and nobody will come back for them');
}

/** The scope's text says of a member what the member's own row says. */
function checkLetter(commit: Commit, task: TaskState): void {
  const node = nodeOf(commit, task);
  if (isItem(node, task.at) || node.role !== 'member') return;
  const { workflow, ledger, images, decision } = commit;
  const letter = scopeTextOf(workflow, ledger, images, decision.run, node, task.at)[node.position];
  if (letter !== letterOf(node, task)) broken(commit, task, `its scope has it as ${letter}`);
}

/** What the watch asked about is not due at once again: it would ask for ever. */
function checkHeard(commit: Commit, input: Input, applied: boolean): void {
  const { ledger, decision, images, now } = commit;
  if (input.kind === 'look' || input.kind === 'recover') {
    const run = decision.run ?? ledger.run;
    if ((input.kind === 'look' || hasRunEnded(run.status)) && run.watchAt !== null && run.watchAt <= now)
      throw new LawBroken(`the run stays due after ${input.kind}`);
  }
  if (input.kind !== 'wake' || !applied) return;
  const row = images.get(keyOf(input.node, input.at)) ?? ledger.find(input.node, input.at);
  if (row !== null && row.watchAt !== null && row.watchAt <= now) broken(commit, row, 'the row stays due after a wake');
}
