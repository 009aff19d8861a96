import { checkCondition, checkTemplate, checkTextOrExpression } from '../expressions/check-expression.js';
import { resultScope, type Scope, scheduleScope, triggerScope } from '../expressions/scope.js';
import type { Checks } from '../tasks/checks.js';
import {
  COMPLETION_FIELDS,
  POLL_FIELDS,
  SCHEDULE_FIELDS,
  TRIGGER_KIND_FIELDS,
  TRIGGER_KINDS,
  type TriggerKind,
  WEBHOOK_FIELDS,
} from '../values/fields.js';
import { entryOf, type Located, type LocatedEntry, type LocatedMap } from '../values/located.js';
import type { Report } from '../values/problem.js';
import { didYouMean, type FieldSet, type Fields, readFields, readList, readMap } from '../values/read-value.js';
import { checkCompletionTrigger } from './check-completion-trigger.js';
import { checkEventTrigger } from './check-event-trigger.js';
import { checkPollTrigger, type TriggerChecks } from './check-poll-trigger.js';
import { checkScheduleTrigger, warnIfOver } from './check-schedule-trigger.js';
import { checkWebhookTrigger } from './check-webhook-trigger.js';

const MOST_TRIGGERS = 100;

/** `on`: what starts a run. */
export function checkTriggers(value: Located, checks: Checks): void {
  const list = readList(value, checks.report, 'a list of triggers', 'write `- event: TYPE` below `on:`');
  if (list === null) return;
  if (list.items.length > MOST_TRIGGERS)
    checks.report.refuse(
      list,
      `there are ${list.items.length} triggers`,
      `at most ${MOST_TRIGGERS}: an event pattern such as order.# covers many`,
    );
  const found = { ...checks, timedIds: new Set<string>(), unnamedPolls: [] };
  for (const item of list.items.slice(0, MOST_TRIGGERS)) checkTrigger(item, found);
}

function checkTrigger(value: Located, checks: TriggerChecks): void {
  const map = readMap(value, checks.report, 'a map such as { event: order.placed }');
  const what = map === null ? null : readKind(map, checks.report);
  if (map !== null && what !== null) checkKind(what, readFields(map, fieldsOfKind(what.kind), checks.report), checks);
}

/** The field that says what kind of trigger it is. */
interface KindEntry {
  readonly kind: TriggerKind;
  readonly entry: LocatedEntry;
}

function checkKind({ kind, entry }: KindEntry, fields: Fields, checks: TriggerChecks): void {
  const { report, timedIds, now } = checks;
  switch (kind) {
    case 'event':
      checkEventTrigger(entry.value, fields, report);
      return checkStart(fields, triggerScope(), report);
    case 'schedule': {
      const before = report.problemCount;
      const inside = checkScheduleTrigger(entry.value, timedIds, report);
      if (inside !== null) checkStart(inside, scheduleScope(), report);
      if (now !== null && report.problemCount === before) warnIfOver(entry.value, now, report);
      return;
    }
    case 'poll': {
      const inside = checkPollTrigger(entry.value, checks);
      if (inside !== null) checkStart(inside, resultScope(), report);
      return;
    }
    case 'webhook':
    case 'workflow': {
      const inside = kind === 'webhook' ? checkWebhookTrigger(entry.value, report) : checkCompletionTrigger(entry.value, report);
      if (inside !== null) checkStart(inside, triggerScope(), report);
    }
  }
}

function readKind(map: LocatedMap, report: Report): KindEntry | null {
  const kinds = TRIGGER_KINDS.flatMap((kind) => {
    const entry = entryOf(map, kind);
    return entry === undefined ? [] : [{ kind, entry }];
  });
  const [first, second] = kinds;
  const all = `a trigger is exactly one of ${TRIGGER_KINDS.join(', ')}`;
  if (first === undefined) {
    const slip = map.entries.find(({ key }) => didYouMean(key, TRIGGER_KINDS) !== null);
    if (slip === undefined) report.refuse(map, 'the trigger does not say what starts the run', `${all}: \`event: order.placed\``);
    else report.refuse(slip.keyAt, `unknown field \`${slip.key}\``, didYouMean(slip.key, TRIGGER_KINDS));
    return null;
  }
  if (second === undefined) return first;
  const last = kinds.reduce((a, b) => (a.entry.keyAt.offset > b.entry.keyAt.offset ? a : b));
  const names = kinds.map(({ kind }) => `\`${kind}\``).join(' and ');
  report.refuse(last.entry.keyAt, `the trigger is ${names} at once`, `${all}: write one item of \`on\` for each`);
  return null;
}

/** What stands inside of the field that names the kind. */
const INNER_FIELDS: Readonly<Record<TriggerKind, readonly string[]>> = {
  event: [],
  schedule: SCHEDULE_FIELDS.known,
  webhook: WEBHOOK_FIELDS.known,
  workflow: COMPLETION_FIELDS.known,
  poll: POLL_FIELDS.known,
};

/** Known fields of another kind are refused with the kind they belong to, rather than as unknown. */
function fieldsOfKind(kind: TriggerKind): FieldSet {
  const known: readonly string[] = TRIGGER_KIND_FIELDS[kind];
  const refused: Record<string, string> = {};
  for (const other of TRIGGER_KINDS) {
    for (const field of TRIGGER_KIND_FIELDS[other])
      if (!known.includes(field)) refused[field] = `it belongs to \`${other}\` triggers`;
  }
  for (const field of INNER_FIELDS[kind]) refused[field] = `put it inside \`${kind}\``;
  return { known, refused };
}

/** What every kind of trigger may say about the run it starts. */
export function checkStart(fields: Fields, scope: Scope, report: Report): void {
  const condition = fields.get('if');
  if (condition !== undefined) checkCondition(condition.value, scope, report);
  const key = fields.get('key');
  if (key !== undefined) checkTextOrExpression(key.value, scope, report);
  const input = fields.get('input');
  if (input !== undefined) checkTemplate(input.value, scope, report);
}
