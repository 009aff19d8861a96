import type { Json } from '../json.js';
import { compileDuration, compileTemplate } from './compile-expression.js';
import { expectMap, expectText, isJsonMap, type JsonMap } from './read-json.js';
import type { ApprovalWork } from './workflow.js';

/** How often somebody is reminded who said only how often. */
export const DEFAULT_REMINDERS = 10;

/** Whoever is reminded more often than this does not read it any more. */
export const SHORTEST_EVERY_MS = 1_000;

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
  if (every === undefined) return { after: compileDuration(after), every: null, maximum: 1 };
  const most = typeof maximum === 'number' ? maximum : DEFAULT_REMINDERS;
  return { after: compileDuration(after ?? every), every: compileDuration(every), maximum: most };
}

const compileEscalate = ({ after, to = null }: JsonMap): ApprovalWork['escalate'] => ({
  after: compileDuration(after),
  to: compileTemplate(to),
});

const compileExpire = ({ after, decision }: JsonMap): ApprovalWork['expire'] => ({
  after: compileDuration(after),
  decision: decision === 'approved' || decision === 'fail' ? decision : 'rejected',
});
