import type { Json } from '@reprise/core';
import type { Attempt } from './attempt.js';
import type { StandardIssue, StandardSchemaV1 } from './standard-schema.js';
import { TaskError } from './task-error.js';

type Run = (input: Json, attempt: Attempt) => unknown;

export interface Schemas {
  readonly input?: StandardSchemaV1;
  readonly output?: StandardSchemaV1;
}

/** As many as a person reads; a list of a million items may have a million. */
const MOST_ISSUES = 20;
const LONGEST_TEXT = 500;

/** The handler between its schemas: it gets what the one makes of the input, and what the other makes of its result is the output. */
export function validated(
  run: Run,
  { input: inputSchema, output: outputSchema }: Schemas,
): (input: Json, attempt: Attempt) => Promise<unknown> {
  return async (given, attempt) => {
    // Whatever a schema makes of it is the handler's to understand: that is why the handler named the schema.
    const input = inputSchema === undefined ? given : ((await checkInput(inputSchema, given)) as Json);
    if (outputSchema === undefined) return run(input, attempt);
    const guarded = new GuardedAttempt(attempt, outputSchema);
    const result = await run(input, guarded.attempt);
    return guarded.hasCommitted ? result : checkOutput(outputSchema, result);
  };
}

/** What a transaction returns is the output, and commits with it: it is looked at before that, and what the handler returns afterwards is nobody's. */
class GuardedAttempt {
  readonly attempt: Attempt;
  hasCommitted = false;

  constructor(attempt: Attempt, schema: StandardSchemaV1) {
    const transaction: Attempt['transaction'] = async (work) => {
      type Result = Awaited<ReturnType<typeof work>>;
      const result = await attempt.transaction(async (session) => (await checkOutput(schema, await work(session))) as Result);
      this.hasCommitted = true;
      return result;
    };
    // Not a copy: `log` is made when it is first asked for.
    this.attempt = Object.create(attempt, { transaction: { value: transaction, enumerable: true } }) as Attempt;
  }
}

async function checkInput(schema: StandardSchemaV1, given: Json): Promise<unknown> {
  // Nothing has been done yet, whatever comes of it: also what must be done once may be tried again.
  const result = await resultOf(schema, given).catch((cause: unknown) => {
    throw new TaskError('INTERNAL', `the schema of the input threw: ${textOf(cause)}`, { happened: false, cause });
  });
  if (result.issues === undefined) return result.value;
  throw new TaskError('INVALID_INPUT', `the input does not fit: ${summary(result.issues)}`, {
    retryable: false,
    happened: false,
    details: detailsOf(result.issues),
  });
}

async function checkOutput(schema: StandardSchemaV1, returned: unknown): Promise<unknown> {
  const result = await resultOf(schema, returned);
  if (result.issues === undefined) return result.value;
  throw new TaskError('INVALID_OUTPUT', `what the handler returned does not fit: ${summary(result.issues)}`, {
    retryable: false,
    details: detailsOf(result.issues),
  });
}

const resultOf = async (schema: StandardSchemaV1, value: unknown) => schema['~standard'].validate(value);

const detailsOf = (issues: readonly StandardIssue[]): Json => ({
  issues: issues.slice(0, MOST_ISSUES).map((issue) => ({ path: pathOf(issue), message: issue.message.slice(0, LONGEST_TEXT) })),
  ...(issues.length > MOST_ISSUES ? { more: issues.length - MOST_ISSUES } : {}),
});

function summary(issues: readonly StandardIssue[]): string {
  const [first] = issues;
  if (first === undefined) return 'its schema does not say why';
  const path = pathOf(first);
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
  return `${path === '' ? '' : `${path}: `}${first.message.slice(0, LONGEST_TEXT)}${more}`;
}

/** As people write it: `items[3].price`. */
function pathOf({ path = [] }: StandardIssue): string {
  const keys = path.map((step) => (typeof step === 'object' ? step.key : step));
  const text = keys.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  return text.replace(/^\./, '').slice(0, LONGEST_TEXT);
}

const textOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
