import type { Json } from '../json.js';
import { compileTemplate } from './compile-expression.js';
import { expectMap, expectText, isJsonMap, type JsonMap, readDurationMs } from './read-json.js';
import type { ApprovalWork } from './workflow.js';

/** How often somebody is reminded who said only how often. */
export const DEFAULT_REMINDERS = 10;

export function compileApproval(approval: Json): ApprovalWork {
  const { subject, assignees, form, requester, fourEyes, required, remind, escalate, expire } = expectMap(approval, '`approval`');
  return {
    kind: 'approval',
    subject: compileTemplate(expectText(subject, '`subject`')),
    assignees: assignees === undefined ? null : compileTemplate(assignees),
    form: form ?? null,
    requester: requester === undefined ? null : compileTemplate(requester),
    fourEyes: fourEyes === true,
    required: typeof required === 'number' ? required : 1,
    remind: remind === undefined ? null : compileRemind(orAfter(remind)),
    escalate: escalate === undefined ? null : compileEscalate(expectMap(escalate, '`escalate`')),
    expire: expire === undefined ? null : compileExpire(orAfter(expire)),
  };
}

/** `1h` is short for `{after: 1h}`. */
const orAfter = (value: Json): JsonMap => (isJsonMap(value) ? value : { after: value });

function compileRemind({ after, every, maximum }: JsonMap): ApprovalWork['remind'] {
  if (every === undefined) return { afterMs: readDurationMs(after ?? null), everyMs: null, maximum: 1 };
  const most = typeof maximum === 'number' ? maximum : DEFAULT_REMINDERS;
  return { afterMs: readDurationMs(after ?? every), everyMs: readDurationMs(every), maximum: most };
}

const compileEscalate = ({ after = null, to = null }: JsonMap): ApprovalWork['escalate'] => ({
  afterMs: readDurationMs(after),
  to: compileTemplate(to),
});

const compileExpire = ({ after = null, decision }: JsonMap): ApprovalWork['expire'] => ({
  afterMs: readDurationMs(after),
  decision: decision === 'approved' || decision === 'fail' ? decision : 'rejected',
});
