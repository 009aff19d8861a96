import type { RunId, TaskError, TaskNews } from '@reprise/core';
import type { Outgoing } from './outgoing.js';
import type { TopologyNames } from './topology.js';

/** What has become of a task that somebody follows. */
export interface TaskEvent {
  readonly news: TaskNews;
  readonly run: RunId;
  readonly workflow: string;
  /** `page[3].charge` */
  readonly task: string;
  /** The attempt that it is about; 0: it is never attempted. */
  readonly attempt: number;
  readonly executor: string | null;
  readonly error: TaskError | null;
  /** RFC 3339. */
  readonly nextRetryAt: string | null;
  /** Tells this news from others of the kind, of the same task: its fence, and how often its run was taken up again. */
  readonly fence: number;
  readonly again: number;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** AMQP's routing keys and message ids are no longer. */
const SHORT_STRING = 255;

/** `task.NEWS.WORKFLOW.TASK`, a CloudEvent. Best effort: it is published once, and nobody looks whether it was. */
export function taskEvent(names: TopologyNames, event: TaskEvent): Outgoing {
  const { news, run, workflow, task, attempt, executor, error, nextRetryAt, fence, again, at } = event;
  const id = `${run}/${task}/${news}/${fence}${again === 0 ? '' : `/${again}`}`;
  const body = {
    specversion: '1.0',
    id,
    source: `reprise/${workflow}`,
    type: `task.${news}`,
    subject: run,
    time: new Date(at).toISOString(),
    datacontenttype: 'application/json',
    data: { run, workflow, task, attempt, executor, error, nextRetryAt },
  };
  return {
    exchange: names.lifecycle,
    routingKey: `task.${news}.${workflow}.${task.replace(/\[\d+\]/g, '')}`.slice(0, SHORT_STRING),
    body: JSON.stringify(body),
    contentType: 'application/cloudevents+json',
    messageId: id,
    optional: true,
  };
}
