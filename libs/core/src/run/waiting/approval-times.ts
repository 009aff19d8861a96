import type { At } from '../../address.js';
import { SHORTEST_EVERY_MS } from '../../workflow/compile-approval.js';
import type { ApprovalWork, Node } from '../../workflow/workflow.js';
import type { Evaluated } from '../expressions/evaluate.js';
import { renderGiven } from '../expressions/render-duration.js';
import type { Draft } from '../state/draft.js';
import type { ApprovalTimes } from '../state/task-state.js';

/** When people are reminded, others are asked too, and it is decided without them: read once, when they are asked. */
export function renderTimes(draft: Draft, node: Node, at: At, work: ApprovalWork): Evaluated<ApprovalTimes> {
  const remind = renderGiven(draft, node, at, 'remind', work.remind?.after ?? null);
  if (remind.kind === 'error') return remind;
  const every = renderGiven(draft, node, at, 'remind.every', work.remind?.every ?? null, SHORTEST_EVERY_MS);
  if (every.kind === 'error') return every;
  const escalate = renderGiven(draft, node, at, 'escalate.after', work.escalate?.after ?? null);
  if (escalate.kind === 'error') return escalate;
  const expire = renderGiven(draft, node, at, 'expire', work.expire?.after ?? null);
  if (expire.kind === 'error') return expire;
  const value = { remindMs: remind.value, everyMs: every.value, escalateMs: escalate.value, expireMs: expire.value };
  return { kind: 'ok', value };
}
