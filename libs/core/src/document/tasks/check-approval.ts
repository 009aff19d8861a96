import { formatDuration } from '../../duration.js';
import { personName } from '../../person.js';
import { SHORTEST_EVERY_MS } from '../../workflow/compile-approval.js';
import { isTemplateText } from '../../workflow/expression-text.js';
import { checkInputSchema } from '../check-input-schema.js';
import { checkDuration } from '../expressions/check-duration.js';
import { checkTemplate } from '../expressions/check-expression.js';
import type { Scope } from '../expressions/scope.js';
import { APPROVAL_FIELDS, ESCALATE_FIELDS, EXPIRE_DECISIONS, EXPIRE_FIELDS, REMIND_FIELDS } from '../values/fields.js';
import { isText, type Located, type LocatedMap } from '../values/located.js';
import type { Report } from '../values/problem.js';
import { readBoolean, readFields, readInteger, readMap, readOneOf, readText, refuseValue } from '../values/read-value.js';

export const MOST_ASSIGNEES = 100;
const MOST_REMINDERS = 1_000;
const EXAMPLE = 'for example { subject: Refund this?, assignees: [anna], expire: 2d }';
const A_NAME = 'a name (letters, digits, . _ @ -)';

/** `approval`: a person decides. */
export function checkApproval(value: Located, scope: Scope, report: Report): void {
  const map = readMap(value, report, 'a map with `subject`', EXAMPLE);
  if (map === null) return;
  const fields = readFields(map, APPROVAL_FIELDS, report);
  const read = <Result>(name: string, check: (field: Located) => Result): Result | null => {
    const field = fields.get(name);
    return field === undefined ? null : check(field.value);
  };
  if (!fields.has('subject')) report.refuse(map, '`approval` has no `subject`', EXAMPLE);
  read('subject', (field) => checkSubject(field, scope, report));
  const assignees = read('assignees', (field) => checkNames(field, scope, report));
  read('requester', (field) => checkName(field, scope, report));
  read('fourEyes', (field) => readBoolean(field, report));
  read('form', (field) => checkInputSchema(field, report));
  const remindMs = read('remind', (field) => checkRemind(field, scope, report));
  const escalate = read('escalate', (field) => checkEscalate(field, scope, report));
  const expireMs = read('expire', (field) => checkExpire(field, scope, report));
  read('required', (field) => checkRequired(field, assignees, escalate?.names ?? null, report));
  for (const [name, afterMs] of [['remind', remindMs] as const, ['escalate', escalate?.afterMs ?? null] as const]) {
    const entry = fields.get(name);
    if (entry === undefined || afterMs === null || expireMs === null || afterMs < expireMs) continue;
    const message = `\`${name}\` (${formatDuration(afterMs)}) comes when \`expire\` (${formatDuration(expireMs)}) is over`;
    report.refuse(entry.value, message, 'make it shorter than `expire`');
  }
}

function checkSubject(value: Located, scope: Scope, report: Report): void {
  const text = readText(value, report);
  if (text === null) return;
  if (text.value.trim() === '') refuseValue(text, report, 'what there is to decide');
  checkTemplate(text, scope, report);
}

/** A name, a list of names, or expressions for them. Returns those that are written out; null: there may be others. */
function checkNames(value: Located, scope: Scope, report: Report): ReadonlySet<string> | null {
  if (value.kind !== 'list') {
    const name = checkName(value, scope, report);
    return name === null ? null : new Set([name]);
  }
  if (value.items.length > MOST_ASSIGNEES) return refuseValue(value, report, `a list of at most ${MOST_ASSIGNEES} names`);
  const names = value.items.map((item) => checkName(item, scope, report));
  return names.includes(null) || names.length === 0 ? null : new Set(names.filter((name): name is string => name !== null));
}

/** A name that is written out, as it is compared; null: it is not. */
function checkName(value: Located, scope: Scope, report: Report): string | null {
  if (isText(value) && isTemplateText(value.value)) {
    checkTemplate(value, scope, report);
    return null;
  }
  const text = readText(value, report, A_NAME);
  return text === null ? null : (personName(text.value) ?? refuseValue(text, report, A_NAME));
}

function checkRequired(
  value: Located,
  assignees: ReadonlySet<string> | null,
  added: ReadonlySet<string> | null,
  report: Report,
): void {
  const required = readInteger(value, report, 1, MOST_ASSIGNEES);
  if (required === null || assignees === null) return;
  const most = new Set([...assignees, ...(added ?? [])]).size;
  if (required <= most) return;
  const message = `\`required\` asks for ${required} of ${most === 1 ? 'one person' : `${most} people`}`;
  report.refuse(value, message, 'name as many `assignees`, or ask for fewer');
}

function checkRemind(value: Located, scope: Scope, report: Report): number | null {
  if (value.kind !== 'map') return checkDuration(value, scope, report);
  const fields = readFields(value, REMIND_FIELDS, report);
  const [after, every, maximum] = [fields.get('after'), fields.get('every'), fields.get('maximum')];
  const afterMs = after === undefined ? null : checkDuration(after.value, scope, report);
  const everyMs = every === undefined ? null : checkDuration(every.value, scope, report);
  if (every !== undefined && everyMs !== null && everyMs < SHORTEST_EVERY_MS) {
    refuseValue(every.value, report, `at least ${formatDuration(SHORTEST_EVERY_MS)}`);
  }
  if (maximum !== undefined) readInteger(maximum.value, report, 1, MOST_REMINDERS);
  if (after === undefined && every === undefined) {
    report.refuse(value, '`remind` has neither `after` nor `every`', 'for example { after: 4h, every: 1d }');
  } else if (every === undefined && maximum !== undefined) {
    report.refuse(maximum.keyAt, '`maximum` counts what comes `every` so often', 'add `every`, or remove it');
  }
  return afterMs ?? everyMs;
}

function checkEscalate(
  value: Located,
  scope: Scope,
  report: Report,
): { readonly afterMs: number | null; readonly names: ReadonlySet<string> | null } | null {
  const map = readMap(value, report, 'a map with `after` and `to`', 'for example { after: 1d, to: [carla] }');
  if (map === null) return null;
  const fields = readFields(map, ESCALATE_FIELDS, report);
  const to = fields.get('to');
  if (to === undefined) report.refuse(map, '`escalate` has no `to`', 'name who may decide then');
  return {
    afterMs: readAfter('escalate', map, scope, report),
    names: to === undefined ? null : checkNames(to.value, scope, report),
  };
}

function checkExpire(value: Located, scope: Scope, report: Report): number | null {
  if (value.kind !== 'map') return checkDuration(value, scope, report);
  const decision = readFields(value, EXPIRE_FIELDS, report).get('decision');
  if (decision !== undefined) readOneOf(decision.value, report, EXPIRE_DECISIONS);
  return readAfter('expire', value, scope, report);
}

function readAfter(name: string, map: LocatedMap, scope: Scope, report: Report): number | null {
  const after = map.entries.find(({ key }) => key === 'after');
  if (after !== undefined) return checkDuration(after.value, scope, report);
  report.refuse(map, `\`${name}\` has no \`after\``, 'for example after: 1d');
  return null;
}
