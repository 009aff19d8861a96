import { nearestName } from '../../expression/index.js';
import { checkCondition, checkTemplate } from '../expressions/check-expression.js';
import type { GroupOutline, MemberOutline } from '../expressions/outline.js';
import { type GroupScope, loopScope, memberScope, roundScope, type Scope, undoScope } from '../expressions/scope.js';
import { KIND_FIELDS, KINDS, type Kind, NOT_UNDONE, ON_ERROR, RUN_WHEN, TASK_FIELDS } from '../values/fields.js';
import { entryOf, type LocatedEntry } from '../values/located.js';
import { type FieldSet, type Fields, readBoolean, readFields, readOneOf } from '../values/read-value.js';
import { checkApproval } from './check-approval.js';
import { checkCall } from './check-call.js';
import { checkChild } from './check-child.js';
import { checkCompensate } from './check-compensate.js';
import { checkEmit } from './check-emit.js';
import { checkForEach } from './check-for-each.js';
import { checkGroup } from './check-group.js';
import { checkRepeat } from './check-repeat.js';
import { checkGroupRetry } from './check-retry.js';
import { checkFail, checkSleep, checkSleepUntil } from './check-simple-kinds.js';
import { checkTotal } from './check-timeout.js';
import { checkWaitFor } from './check-wait-for.js';
import type { Checks } from './checks.js';

/** One task of `group`, which stands at `scope`, and all that is in it. */
export function checkTask(task: MemberOutline, group: GroupOutline, groupScope: GroupScope, checks: Checks): void {
  const { report } = checks;
  const what = readKind(task, checks);
  if (what === null) return;
  const fields = readFields(task.body, fieldsOfKind(what.kind, group.sequence), report);
  const scope = memberScope(groupScope, task);

  const condition = fields.get('if');
  if (condition !== undefined) checkCondition(condition.value, scope, report);
  checkConnectors(task, group, fields, checks);
  const forEach = fields.get('forEach');
  const as = forEach === undefined ? null : checkForEach(forEach.value, scope, report);
  const looped = forEach === undefined ? scope : loopScope(scope, as);
  const repeat = fields.get('repeat');
  const inner = repeat === undefined ? looped : roundScope(looped);
  if (repeat !== undefined) checkRepeat(repeat.value, inner, report);
  checkKind(what, fields, inner, checks);
  const compensate = fields.get('compensate');
  if (compensate !== undefined) checkCompensate(compensate, undoScope(scope, inner.loops), checks);
}

function checkConnectors(task: MemberOutline, group: GroupOutline, fields: Fields, { report }: Checks): void {
  const runWhen = fields.get('runWhen');
  const when = runWhen === undefined ? null : readOneOf(runWhen.value, report, RUN_WHEN);
  const needsNothing = group.sequence ? task.position === 0 : !fields.has('needs');
  if (runWhen !== undefined && needsNothing && (when === 'failed' || when === 'anySucceeded')) {
    report.warn(runWhen.value, `\`${task.id}\` needs no task, so \`runWhen: ${when}\` never lets it run`, 'add `needs`');
  }
  const onError = fields.get('onError');
  if (onError !== undefined) readOneOf(onError.value, report, ON_ERROR);
}

/** What a task does: the field that says so. */
interface TaskKind {
  readonly kind: Kind;
  readonly entry: LocatedEntry;
}

function checkKind({ kind, entry }: TaskKind, fields: Fields, scope: Scope, checks: Checks): void {
  switch (kind) {
    case 'call':
      return checkCall(entry.value, fields, scope, checks);
    case 'tasks': {
      const retry = fields.get('retry');
      if (retry !== undefined) checkGroupRetry(retry.value, checks.report);
      const failFast = fields.get('failFast');
      if (failFast !== undefined) readBoolean(failFast.value, checks.report);
      const timeout = fields.get('timeout');
      if (timeout !== undefined) checkTotal(timeout.value, scope, checks.report);
      checkGroup(entry.value, fields.get('output')?.value, scope, checks);
      return;
    }
    case 'approval':
      return checkApproval(entry.value, scope, checks.report);
    case 'workflow':
      return checkChild(entry.value, fields, scope, checks);
    case 'waitFor':
      return checkWaitFor(entry.value, scope, checks.report);
    case 'emit':
      return checkEmit(entry.value, scope, checks.report);
    case 'transform':
      checkTemplate(entry.value, scope, checks.report);
      return;
    case 'sleep':
      return checkSleep(entry.value, scope, checks.report);
    case 'sleepUntil':
      return checkSleepUntil(entry.value, scope, checks.report);
    case 'fail':
      return checkFail(entry.value, scope, checks.report);
  }
}

function readKind({ id, where, body }: MemberOutline, { report }: Checks): TaskKind | null {
  const name = id === '' ? 'the task' : `\`${id}\``;
  const kinds = KINDS.flatMap((kind) => {
    const entry = entryOf(body, kind);
    return entry === undefined ? [] : [{ kind, entry }];
  });
  const [first, second] = kinds;
  if (first !== undefined && second === undefined) return first;
  const all = listWords(KINDS);
  if (first !== undefined) {
    const last = kinds.reduce((a, b) => (a.entry.keyAt.offset > b.entry.keyAt.offset ? a : b));
    const names = kinds.map(({ kind }) => kind);
    report.refuse(last.entry.keyAt, `${name} is ${listWords(names, 'and')} at once`, `a task is exactly one of ${all}`);
    return null;
  }
  const slip = body.entries.find(({ key }) => !isTaskField(key) && nearestName(key, KINDS) !== null);
  if (slip === undefined) report.refuse(where, `${name} does nothing`, `a task is exactly one of ${all}`);
  else report.refuse(slip.keyAt, `unknown field \`${slip.key}\``, `did you mean \`${nearestName(slip.key, KINDS)}\`?`);
  return null;
}

const isTaskField = (key: string): boolean => TASK_FIELDS.some((field) => field === key);

const listWords = (words: readonly string[], link = 'or'): string =>
  `${words
    .slice(0, -1)
    .map((word) => `\`${word}\``)
    .join(', ')} ${link} \`${words.at(-1)}\``;

const GRAPH_TASK_FIELDS = TASK_FIELDS.filter((field) => field !== 'id');

/** Known fields of another kind are refused with the kind they belong to, rather than as unknown. */
function fieldsOfKind(kind: Kind, sequence: boolean): FieldSet {
  const known: readonly string[] = [...(sequence ? TASK_FIELDS : GRAPH_TASK_FIELDS), ...KIND_FIELDS[kind]];
  const refused: Record<string, string> = sequence ? {} : { id: 'in a map of tasks the key is the id' };
  const { [kind]: notUndone } = NOT_UNDONE;
  if (notUndone !== undefined) refused['compensate'] = notUndone;
  for (const other of KINDS) {
    for (const field of KIND_FIELDS[other]) if (!known.includes(field)) refused[field] ??= `it belongs to a \`${other}\` task`;
  }
  return { known, refused };
}
