import { type EventMark, hasTaskEnded, keyOf, type TaskState } from '@reprise/core';
import { broken, type Commit, LawBroken } from '../law-broken.js';
import { requestOf } from '../simulated-events.js';
import type { SimulatedNotices } from '../simulated-notices.js';
import { isPaused } from './check-paused.js';

/** A wait makes up its mind about events that it asked for, and no event is taken by two waits of a run. */
export function checkMarks(commit: Commit): void {
  const taken = new Set<number>();
  for (const mark of commit.decision.marks) {
    checkMark(commit, mark);
    if (mark.taken && taken.has(mark.number)) throw new LawBroken(`event ${mark.number} is taken twice in one decision`);
    if (mark.taken) taken.add(mark.number);
  }
}

function checkMark({ workflow, ledger }: Commit, mark: EventMark): void {
  const row = ledger.find(mark.node, mark.at);
  const request = row === null ? null : requestOf(workflow, row);
  if (request === null || request.fence !== mark.fence)
    throw new LawBroken(`nobody waits for event ${mark.number}: ${JSON.stringify(mark)}`);
  if (ledger.events.find(mark.number) === null) throw new LawBroken(`there is no event ${mark.number}`);
  const taker = ledger.events.takerOf(mark.number);
  if (taker !== null && taker !== keyOf(mark.node, mark.at))
    throw new LawBroken(`event ${mark.number} is taken by ${taker} already`);
}

/** After the commit: a wait that has yet to look at an event will be told to. */
export function checkAwaited(commit: Commit, notices: SimulatedNotices): void {
  for (const task of commit.images.values()) {
    const request = requestOf(commit.workflow, task);
    if (request === null) continue;
    const isForgotten = !isPaused(commit) && task.watchAt === null && !notices.has(task.node, task.at);
    if (isForgotten && commit.ledger.events.unseen(request).events.length > 0)
      broken(commit, task, 'an event is there and nobody will look at it');
  }
}

/** An ended wait has as many events as it asked for; a wait for the broker is looked after. */
export function checkWaiting(commit: Commit, task: TaskState): void {
  const { work, id } = commit.workflow.nodes[task.node]!;
  const isEmit = task.progress?.kind === 'emit';
  if (isEmit && !hasTaskEnded(task.status) && task.watchAt === null && !isPaused(commit))
    broken(commit, task, 'nobody looks after an unconfirmed event');
  if (work.kind !== 'wait' || task.status !== 'succeeded' || commit.ledger.find(task.node, task.at)?.status !== 'waiting') return;
  const before = commit.ledger.find(task.node, task.at)?.progress;
  const earlier = before?.kind === 'wait' ? before.taken.length : 0;
  const now = commit.decision.marks.filter((mark) => mark.taken && mark.node === task.node && mark.at === task.at).length;
  if (earlier + now !== work.count) broken(commit, task, `${id} ends with ${earlier + now} events instead of ${work.count}`);
}
