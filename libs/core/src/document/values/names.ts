import { RESERVED_WORDS } from '../../expression/index.js';
import type { Located } from './located.js';
import type { Report } from './problem.js';
import { readMatching, refuseValue } from './read-value.js';

/** What expressions start with; a loop of that name would hide it. */
export const ROOTS: readonly string[] = ['input', 'tasks', 'run', 'each', 'round', 'output', 'event', 'schedule', 'secrets'];

export const WORKFLOW_NAME = /^[a-z][a-z0-9-]*$/;
export const TASK_ID = /^[A-Za-z][A-Za-z0-9_]*$/;
export const CALL_NAME = /^[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$/;
export const QUEUE_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;
export const ERROR_CODE = /^[A-Za-z][A-Za-z0-9_.-]*$/;
export const SCHEDULE_ID = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;
export const SECRET_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
export const WEBHOOK_PATH = /^[a-z0-9][a-z0-9_-]*(\/[a-z0-9][a-z0-9_-]*)*$/;
/** semver.org's own, without its named groups. */
export const SEMVER =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-((0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(\.(0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*))?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$/;

interface Refusal {
  readonly message: string;
  readonly hint: string | null;
}

const INHERITED = new Set(Object.getOwnPropertyNames(Object.prototype));

/** Why `name` cannot name a task, or null. */
export function refuseName(name: string): Refusal | null {
  if (name.length > 64)
    return { message: `the name ${JSON.stringify(`${name.slice(0, 30)}...`)} is longer than 64 characters`, hint: null };
  if (!TASK_ID.test(name)) {
    const message = `${JSON.stringify(name)} is not a valid name`;
    return {
      message,
      hint: name.includes('-') ? `use _ instead of -: ${name.replaceAll('-', '_')}` : 'letters, digits and _, a letter first',
    };
  }
  if (RESERVED_WORDS.has(name)) return { message: `\`${name}\` is a reserved word of expressions`, hint: 'choose another name' };
  return INHERITED.has(name) ? taken(name) : null;
}

/** Why `name` cannot name what a loop runs over, or null: it stands alone in expressions, a task's id behind `tasks.`. */
export const refuseVariable = (name: string): Refusal | null => refuseName(name) ?? (ROOTS.includes(name) ? taken(name) : null);

const taken = (name: string): Refusal => ({
  message: `\`${name}\` already means something in expressions`,
  hint: 'choose another name',
});

export const readCallName = (located: Located, report: Report): string | null => {
  if (located.kind === 'scalar' && typeof located.value === 'string' && located.value.includes('${{')) {
    return refuseValue(located, report, 'written out', 'an expression cannot choose the handler; use tasks with `if`');
  }
  return readMatching(located, report, CALL_NAME, 200, 'the name of a handler, such as payments.charge');
};

export const readDependencyName = (located: Located, report: Report): string | null =>
  readMatching(located, report, CALL_NAME, 200, 'the name of what it depends on, such as bank or payments.charge');

export const readQueueName = (located: Located, report: Report): string | null =>
  readMatching(located, report, QUEUE_NAME, 100, 'the name of a queue (letters, digits, - and _)');
