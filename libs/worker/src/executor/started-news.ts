import type { OutgoingMessage } from '@reprise/broker';
import { type AttemptTicket, type TopologyNames, taskEvent } from '@reprise/contracts';
import type { Claimed } from '@reprise/ledger';

/** That an attempt begins, for workflows that say `lifecycle: tasks`. Best effort: nobody waits for it, and should it fail nobody is told. */
export function startedNews(
  names: TopologyNames,
  { run, workflow, path: task, attempt }: AttemptTicket,
  { fence, startedAt: at }: Claimed,
  executor: string,
): OutgoingMessage {
  const about = { run, workflow, task, attempt, executor, fence, at };
  return taskEvent(names, { news: 'started', error: null, nextRetryAt: null, again: 0, ...about });
}
