import type { TaskKey } from '../../address.js';
import { keyOf } from '../../address.js';
import type { Message } from './decision.js';
import { hasTaskEnded } from './status.js';
import type { TaskState } from './task-state.js';

/** What is to be sent: nothing about a row that this very decision has moved on since, and one `again` for a list. */
export function outgoing(messages: readonly Message[], rowOf: (node: number, at: string) => TaskState): readonly Message[] {
  const again = new Set<string>();
  return messages.filter((message) => {
    if (message.kind === 'announce' || message.kind === 'tell-parent') return true;
    if (message.kind === 'dispatch') return rowOf(message.task.node, message.task.at) === message.task;
    const key: TaskKey = keyOf(message.node, message.at);
    const task = rowOf(message.node, message.at);
    if (hasTaskEnded(task.status) || task.fence !== message.fence) return false;
    if (message.kind === 'interrupt' || message.kind === 'cancel-child') return true;
    // Paused since, by another input of this decision: resuming finds it again.
    if (message.kind === 'emit') return task.watchAt !== null;
    if (message.kind === 'alarm')
      return task.watchAt !== null && (task.dueAt === message.dueAt || task.totalUntil === message.dueAt);
    // Looked at since, by another input of this decision: there is nothing left to come back for.
    const isFirst = !again.has(key) && task.watchAt !== null;
    again.add(key);
    return isFirst;
  });
}
