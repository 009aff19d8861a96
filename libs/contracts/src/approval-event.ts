import type { Json } from '@reprise/core';
import type { Outgoing } from './outgoing.js';
import type { TopologyNames } from './topology.js';

/** Something that people who decide, and those who watch them, are to be told. */
export interface ApprovalNews {
  readonly approval: string;
  readonly kind: 'requested' | 'reminded' | 'escalated' | 'decided' | 'expired' | 'closed';
  /** Of a reminder; 1 for everything else. */
  readonly number: number;
  /** RFC 3339. */
  readonly at: string;
  readonly run: string;
  readonly workflow: string;
  /** Path of the task. */
  readonly task: string;
  readonly subject: string;
  /** Who may decide by now; empty: anybody. */
  readonly assignees: readonly string[];
  readonly requester: string | null;
  readonly required: number;
  readonly form: Json;
  readonly expiresAt: string | null;
  /** `decided`: decision, by, comment. `expired`: decision. `escalated`: to. */
  readonly detail: Json;
}

/** `approval.KIND.WORKFLOW`, a CloudEvent whose id is the same however often it is told. */
export function approvalEvent(names: TopologyNames, news: ApprovalNews): Outgoing {
  const { approval, kind, number, at, workflow, detail, ...about } = news;
  const id = `${approval}/${kind}${kind === 'reminded' ? `/${number}` : ''}`;
  const event = {
    specversion: '1.0',
    id,
    source: `reprise/${workflow}`,
    type: `approval.${kind}`,
    subject: approval,
    time: at,
    datacontenttype: 'application/json',
    data: { approval, workflow, ...about, ...(kind === 'reminded' ? { reminder: number } : {}), ...(detail as object | null) },
  };
  return {
    exchange: names.lifecycle,
    routingKey: `approval.${kind}.${workflow}`,
    body: JSON.stringify(event),
    contentType: 'application/cloudevents+json',
    messageId: id,
    optional: true,
  };
}
