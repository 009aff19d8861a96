import type { Reference } from '../../expression/index.js';
import { ROOTS } from '../values/names.js';
import type { Report, Where } from '../values/problem.js';
import { didYouMean } from '../values/read-value.js';
import { lookUpTask, type Scope, type TaskScope } from './scope.js';

const TASK_FIELDS = ['output', 'status', 'error', 'attempts', 'items'];
const RUN_FIELDS = ['id', 'workflow', 'startedAt', 'scheduledFor', 'labels', 'error'];
const LOOP_FIELDS = ['value', 'index'];
const SCHEDULE_FIELDS = ['time', 'previous'];
const ROUND_FIELDS = ['number', 'last'];

const ELSEWHERE: Readonly<Record<string, readonly [message: string, hint: string]>> = {
  input: ['a trigger cannot read `input`', 'it makes the input: read `event`'],
  tasks: ['a trigger cannot read `tasks`', 'there is no run yet: read `event`'],
  run: ['a trigger cannot read `run`', 'there is no run yet: read `event`'],
  each: ['`each` can be read only inside a forEach', 'in `if` and `forEach` of the task itself the loop has not begun yet'],
  round: ['`round` can be read only inside a repeat', 'in `if` and `forEach` of the task itself no round has begun yet'],
  output: [
    '`output` can be read only in `succeedWhen`, `repeat`, `compensate` and polls',
    'the output of a task is tasks.ID.output',
  ],
  event: ['`event` can be read only in `on` and in `waitFor`', 'pass what you need through the input of the trigger'],
  schedule: [
    '`schedule` can be read only in schedules and polls',
    'a task reads run.scheduledFor, or what the input of the trigger passes on',
  ],
  secrets: ['`secrets` can be used only inside `with` of a call', 'a secret is never an operand and never kept in an output'],
};

const OF_A_POLL = {
  call: '`with` of a poll reads schedule.time, schedule.previous and secrets',
  result: 'a poll reads `output`, what its call returned, and schedule.time or schedule.previous',
} as const;

/** May an expression at this place read that? */
export function checkReference(reference: Reference, where: Where, scope: Scope, report: Report): void {
  const { root, path } = reference;
  const [first] = path;
  if (scope.loops.includes(root)) return checkField(root, first, root === 'round' ? ROUND_FIELDS : LOOP_FIELDS, where, report);
  if (!scope.roots.has(root)) return refuseRoot(root, where, scope, report);
  if (scope.tasks !== null && root === 'tasks') return checkTask(path, where, scope.tasks, report);
  // A secret needs no check: an expression that reads more of it than `secrets.NAME` cannot be compiled.
  switch (root) {
    case 'run':
      return checkField(root, first, RUN_FIELDS, where, report);
    case 'schedule':
      return checkField(root, first, SCHEDULE_FIELDS, where, report);
    case 'input':
      if (first !== undefined && scope.inputFields !== null && !scope.inputFields.includes(first)) {
        const hint = didYouMean(
          `input.${first}`,
          scope.inputFields.map((name) => `input.${name}`),
        );
        report.warn(where, `the input schema has no property \`${first}\``, hint);
      }
      return;
    default:
  }
}

function refuseRoot(root: string, where: Where, scope: Scope, report: Report): void {
  const known = Object.hasOwn(ELSEWHERE, root) ? ELSEWHERE[root] : undefined;
  if (known !== undefined && scope.atStart === true)
    return report.refuse(where, `\`${root}\` cannot be read before the run starts`, 'read `input`');
  if (known !== undefined && scope.poll !== undefined)
    return report.refuse(where, `\`${root}\` cannot be read here`, OF_A_POLL[scope.poll]);
  if (known !== undefined && scope.roots.has('schedule'))
    return report.refuse(where, `a schedule cannot read \`${root}\``, 'read schedule.time or schedule.previous');
  if (known !== undefined) return report.refuse(where, ...known);
  report.refuse(where, `\`${root}\` is not known here`, suggestRoot(root, scope));
}

function suggestRoot(root: string, scope: Scope): string {
  if (scope.tasks !== null && lookUpTask(scope.tasks, root).kind !== 'unknown') return `for the task write tasks.${root}`;
  if (scope.inputFields?.includes(root) === true) return `for the field of the input write input.${root}`;
  const readable = [...scope.roots, ...scope.loops];
  return (
    didYouMean(root, readable) ??
    didYouMean(root, ROOTS) ??
    `an expression here can read ${readable.join(', ')}; texts need quotes`
  );
}

function checkField(root: string, field: string | undefined, fields: readonly string[], where: Where, report: Report): void {
  if (field === undefined || fields.includes(field)) return;
  report.refuse(where, `\`${root}\` has no field \`${field}\``, didYouMean(field, fields) ?? `it has ${fields.join(', ')}`);
}

function checkTask(path: readonly string[], where: Where, scope: TaskScope, report: Report): void {
  const [id, field] = path;
  if (id === undefined) return report.refuse(where, 'name the task: tasks.ID', 'which tasks are read must be known beforehand');
  const found = lookUpTask(scope, id);
  switch (found.kind) {
    case 'unknown': {
      const hint = didYouMean(id, found.candidates) ?? `there are ${found.candidates.slice(0, 10).join(', ')}`;
      return report.refuse(where, `there is no task \`${id}\` here`, hint);
    }
    case 'self':
      return report.refuse(where, `\`${id}\` cannot read itself`, 'in `succeedWhen` its output is `output`');
    case 'not-needed': {
      const hint = found.sequence ? `\`${id}\` comes later in the list` : `add \`needs: [${id}]\` to \`${found.self.id}\``;
      return report.refuse(where, `\`${found.self.id}\` reads \`${id}\` but does not need it`, hint);
    }
    case 'readable':
      if (field === 'items' && (!found.task.loops || found.task === scope.self)) {
        return report.refuse(where, `\`${id}\` has no \`items\``, 'only a task with forEach has them; read `output`');
      }
      if (field !== undefined && !TASK_FIELDS.includes(field)) {
        const hint = didYouMean(field, TASK_FIELDS) ?? `what it returned is tasks.${id}.output${fieldAccess(field)}`;
        report.refuse(where, `a task has no field \`${field}\``, hint);
      }
  }
}

const fieldAccess = (field: string): string => (/^[A-Za-z_]\w*$/.test(field) ? `.${field}` : `[${JSON.stringify(field)}]`);
