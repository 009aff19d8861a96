import type { Reference } from '../../expression/index.js';
import { PRIORITIES } from '../../workflow/lane.js';
import { EFFECTS, ON_IN_DOUBT } from '../../workflow/workflow.js';
import { checkCondition, checkTemplate } from '../expressions/check-expression.js';
import { type Scope, withRoot } from '../expressions/scope.js';
import type { Located, LocatedEntry } from '../values/located.js';
import { readCallName, readDependencyName, readQueueName } from '../values/names.js';
import { type Fields, readDuration, readOneOf, readText } from '../values/read-value.js';
import { checkBuiltIn } from './check-built-in.js';
import { checkRateLimit } from './check-rate-limit.js';
import { checkRetry } from './check-retry.js';
import { checkTimeout } from './check-timeout.js';
import type { Checks } from './checks.js';

/** Shorter than a run may wait for its retries, a key would not protect them. */
const LEAST_RETENTION_MS = 60_000;

/** A `call` and the fields beside it. `scope` has its own loop in it. */
export function checkCall(call: Located, fields: Fields, scope: Scope, checks: Checks): void {
  const { report } = checks;
  const queue = fields.get('queue');
  const ownQueue = queue === undefined ? null : readQueueName(queue.value, report);
  const name = readCallName(call, report);
  const argument = fields.get('with');
  if (name !== null) {
    const { path, offset } = call;
    checks.calls.push({ call: name, queue: ownQueue ?? checks.defaultQueue, path, ...report.position(offset) });
    checkBuiltIn(name, call, argument?.value, report);
  }
  if (argument !== undefined) checkTemplate(argument.value, withRoot(scope, 'secrets'), report);
  each(fields.get('succeedWhen'), ({ value }) => checkCondition(value, withRoot(scope, 'output'), report));
  each(fields.get('retry'), ({ value }) => checkRetry(value, report));
  each(fields.get('timeout'), ({ value }) => checkTimeout(value, report));
  each(fields.get('idempotencyKey'), (entry) => checkIdempotencyKey(entry, scope, checks));
  each(fields.get('effect'), ({ value }) => readOneOf(value, report, EFFECTS));
  each(fields.get('onInDoubt'), ({ value }) => readOneOf(value, report, ON_IN_DOUBT));
  each(fields.get('retention'), (entry) => checkRetention(entry, fields, checks));
  each(fields.get('dependency'), ({ value }) => readDependencyName(value, report));
  each(fields.get('priority'), ({ value }) => readOneOf(value, report, PRIORITIES));
  each(fields.get('rateLimit'), ({ value }) => checkRateLimit(value, scope, report));
}

function each(entry: LocatedEntry | undefined, check: (entry: LocatedEntry) => void): void {
  if (entry !== undefined) check(entry);
}

function checkRetention({ value }: LocatedEntry, fields: Fields, { report }: Checks): void {
  if (!fields.has('idempotencyKey'))
    report.refuse(
      value,
      '`retention` says how long an `idempotencyKey` is kept',
      'add an idempotencyKey, or leave retention out',
    );
  const ms = readDuration(value, report);
  if (ms !== null && ms < LEAST_RETENTION_MS)
    report.refuse(value, '`retention` must be at least 1m', 'a key that is forgotten so soon protects nothing');
}

/** The key is shared by all runs: one that cannot differ where it should would answer other work from the ledger. */
function checkIdempotencyKey({ value }: LocatedEntry, scope: Scope, { report }: Checks): void {
  const text = readText(value, report);
  if (text === null) return;
  const references = checkTemplate(text, scope, report);
  if (/^\s*(input|tasks|run|each|round)\.[\w.]+\s*$/.test(text.value) && references.length === 0) {
    report.refuse(
      text,
      `the key is the text ${JSON.stringify(text.value)} itself, the same in every run`,
      `write \${{ ${text.value.trim()} }}`,
    );
  } else if (scope.loops.length > 0 && !references.some((reference) => isOfLoop(reference, scope))) {
    const names = scope.loops.map((name) => `\`${name}\``).join(' or ');
    const [each, around] = scope.loops.includes('each') ? ['item', 'a forEach'] : ['round', 'a repeat'];
    report.refuse(
      text,
      `the key is the same for every ${each}: inside ${around} it must read ${names}`,
      each === 'item' ? 'add ${{ each.index }} or a field of ${{ each.value }}' : 'add ${{ round.number }}',
    );
  } else if (references.length === 0 && report.isClean) {
    report.warn(
      text,
      'the key is the same in every run: the call is made once and never again',
      'read something of the run, such as ${{ input.id }}',
    );
  }
}

const isOfLoop = ({ root }: Reference, scope: Scope): boolean => scope.loops.includes(root);
