import { compileStart } from './compile-start.js';
import type { Defaults } from './compile-work.js';
import { probeName } from './probe-name.js';
import { expectText, type JsonMap, readDurationMs } from './read-json.js';
import type { PollTrigger } from './trigger.js';

/** Of the `place`th poll, from 1, of those of a document that give themselves no name. */
export const defaultPollId = (place: number): string => (place === 1 ? 'poll' : `poll-${place}`);

/** What a probe does is all that its workflow is made of: while that stays the same, one on its way is judged by whatever version is current. */
export function compilePoll(map: JsonMap, workflow: string, defaults: Defaults, defaultId: string): PollTrigger {
  const { id = defaultId, every, call, with: input, queue, retry, timeout } = map;
  const name = expectText(id, '`id`');
  const task = Object.fromEntries(Object.entries({ call, with: input, queue, retry, timeout }).filter(isGiven));
  return {
    kind: 'poll',
    id: name,
    timing: { kind: 'every', everyMs: readDurationMs(expectText(every, '`every`')) },
    timezone: 'UTC',
    jitterMs: 0,
    startAt: null,
    endAt: null,
    catchUp: 'none',
    overlap: 'skip',
    dst: { gap: 'shift', repeat: 'first' },
    call: expectText(call, '`call`'),
    probe: { workflow: probeName(workflow, name), defaults, tasks: { probe: task }, output: '${{ tasks.probe.output }}' },
    ...compileStart(map),
  };
}

const isGiven = (entry: readonly [string, JsonMap[string] | undefined]): entry is [string, JsonMap[string]] =>
  entry[1] !== undefined;
