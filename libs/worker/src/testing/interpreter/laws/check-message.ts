import { keyOf, type Message, type TaskState } from '@reprise/core';
import { broken, type Commit, LawBroken } from '../law-broken.js';

/** A message says what its row says. */
export function checkMessage(commit: Commit, message: Message): void {
  if (message.kind === 'announce' || message.kind === 'tell-parent' || message.kind === 'task-news') return;
  const { node, at } = message.kind === 'dispatch' ? message.task : message;
  const row = commit.images.get(keyOf(node, at)) ?? commit.ledger.find(node, at);
  if (row === null) throw new LawBroken(`a message about a row that does not exist: ${JSON.stringify(message)}`);
  const isTrue = {
    dispatch: () => row.status === 'ready' && message.kind === 'dispatch' && message.task.fence === row.fence,
    alarm: () => message.kind === 'alarm' && row.fence === message.fence && [row.dueAt, row.totalUntil].includes(message.dueAt),
    again: () => ['list', 'rounds', 'wait'].includes(row.progress?.kind ?? '') && row.watchAt !== null,
    emit: () => row.progress?.kind === 'emit' && message.kind === 'emit' && row.fence === message.fence && row.watchAt !== null,
    'start-child': () => row.status === 'waiting' && row.progress?.kind === 'child' && !row.cancelling && row.watchAt !== null,
    'cancel-child': () => row.status === 'waiting' && isToStop(row) && row.watchAt !== null,
    interrupt: () => row.cancelling && message.kind === 'interrupt' && row.claim === message.claim && row.fence === message.fence,
  }[message.kind];
  if (!isTrue()) broken(commit, row, `a message that its row does not bear out: ${JSON.stringify(message)}`);
}

const isToStop = ({ progress, cancelling }: TaskState): boolean =>
  progress?.kind === 'child' && (cancelling || progress.timedOut === true);
