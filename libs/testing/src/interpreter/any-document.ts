import type { Json } from '@reprise/core';
import fc from 'fast-check';
import { type GroupSeed, groups, type Loop, type Rounds, type TaskSeed, weighted } from './any-task.js';

export interface AnyDocumentOptions {
  /** Nothing in it depends on when something happens: no timeouts, no parking, no limits on losses. */
  readonly timeless?: boolean;
  readonly failFast?: boolean;
}

/** Where a task stands: what it may read there, and whether a loop is around it. */
interface Place {
  readonly prefix: string;
  readonly readable: readonly string[];
  readonly loops: readonly string[];
  /** Whether a repeat is around it. */
  readonly rounds: boolean;
  readonly options: AnyDocumentOptions;
}

/**
 * Random workflow documents (JSON): graphs and sequences nested three deep, loops over tasks and groups, repeats, conditions, every
 * `runWhen`, retries of calls and of groups and, unless `timeless`, timeouts and parking. They all pass the checks. The input they expect: `{ list: [...] }`.
 */
export function anyDocument(options: AnyDocumentOptions = {}): fc.Arbitrary<Json> {
  return fc
    .record({ root: groups(3), failFast: fc.boolean(), timeout: weighted([3, null], [1, '4s'], [1, '1m']), output: fc.boolean() })
    .map(({ root, failFast, timeout, output }) => {
      const { tasks, ids } = renderGroup(root, { prefix: 't', readable: [], loops: [], rounds: false, options });
      return {
        workflow: 'any',
        failFast: options.failFast ?? failFast,
        ...(output ? { lifecycle: 'tasks' } : {}),
        ...(timeout !== null && options.timeless !== true ? { timeout } : {}),
        tasks,
        ...(output ? { output: { all: ids.map((id) => `\${{ tasks.${id}.output }}`) } } : {}),
      };
    });
}

function renderGroup(group: GroupSeed, place: Place): { readonly tasks: Json; readonly ids: readonly string[] } {
  const ids = group.members.map((_, index) => `${place.prefix}${index}`);
  const settled: string[][] = [];
  const bodies = group.members.map((seed, index) => {
    const needs = group.sequence ? ids.slice(0, index) : ids.slice(0, index).filter((_, need) => (seed.needs >> need) & 1);
    // What `anySucceeded` needs may not have ended when it starts: reading that would depend on the moment.
    const known = seed.runWhen === 'anySucceeded' && !group.sequence ? [] : needs;
    settled.push([...new Set(known.flatMap((need) => [need, ...(settled[ids.indexOf(need)] ?? [])]))]);
    const readable = [...place.readable, ...(settled[index] ?? [])];
    const body = renderTask(seed, { ...place, prefix: `${ids[index]}_`, readable });
    return group.sequence ? body : { ...body, ...(needs.length > 0 ? { needs } : {}) };
  });
  if (group.sequence) return { tasks: bodies.map((body, index) => ({ id: ids[index]!, ...body })), ids };
  return { tasks: Object.fromEntries(bodies.map((body, index) => [ids[index]!, body])), ids };
}

function renderTask(seed: TaskSeed, place: Place): Record<string, Json> {
  const last = place.readable.at(-1);
  const condition = seed.condition === 'reads' ? (last === undefined ? 'true' : `tasks.${last}.output != null`) : seed.condition;
  const name = place.loops.length === 0 ? {} : { as: `loop${place.prefix}` };
  const loop = seed.loop;
  const looped = loop === null ? place : { ...place, loops: ['each', ...place.loops, ...('as' in name ? [name.as] : [])] };
  const inner = seed.rounds === null ? looped : { ...looped, rounds: true };
  return {
    ...(condition === 'none' ? {} : { if: condition }),
    ...(seed.runWhen === 'succeeded' ? {} : { runWhen: seed.runWhen }),
    ...(seed.continues ? { onError: 'continue' } : {}),
    ...(loop === null ? {} : { forEach: { in: renderList(loop), parallel: loop.parallel, tolerate: loop.tolerate, ...name } }),
    ...(seed.rounds === null ? {} : { repeat: renderRounds(seed.rounds) }),
    ...renderKind(seed, inner),
  };
}

function renderRounds({ ends, number, interval }: Rounds): Json {
  const wait = interval === null ? {} : { interval };
  switch (ends) {
    case 'maximum':
      return { maximum: number, ...wait };
    case 'until':
      return { until: `round.number >= ${number}`, ...wait };
    case 'while':
      return { while: `output == null || round.number < ${number}`, maximum: 4, ...wait };
    case 'never':
      return { until: 'round.last == 0', maximum: number, ...wait };
  }
}

const renderList = (loop: Loop): Json =>
  loop.from === 'list' ? Array.from({ length: loop.size }, (_, index) => index * 10) : '${{ input.list }}';

/** A value that names what it may: outputs of what it needs, and its loops. */
function renderValue(seed: TaskSeed, place: Place): Json {
  const reads = seed.reads ? place.readable.slice(-2).map((id) => `\${{ tasks.${id}.output }}`) : [];
  const loops = [...new Set(place.loops)].map((loop) => `\${{ ${loop}.value }}`);
  const index = place.loops.length > 0 ? { index: '${{ each.index }}' } : {};
  return { reads, loops, ...index, ...(place.rounds ? { round: '${{ round.number }}' } : {}) };
}

function renderKind(seed: TaskSeed, place: Place): Record<string, Json> {
  switch (seed.kind) {
    case 'call':
      return renderCall(seed, place);
    case 'transform':
      return { transform: renderValue(seed, place) };
    case 'sleep':
      return { sleep: seed.slow ? '20m' : '2s' };
    case 'fail':
      return { fail: { code: 'ON_PURPOSE', message: 'as written' } };
    case 'child':
      return { workflow: 'any-child', with: renderValue(seed, place), ...renderTotal(seed, place) };
    case 'emit':
    case 'wait':
      return renderEvent(seed, place);
    case 'group': {
      if (seed.group === null) return { transform: null };
      const { tasks, ids } = renderGroup(seed.group, place);
      const retry = { maximumAttempts: seed.group.attempts, initialInterval: seed.slow ? '1s' : '0s' };
      return {
        tasks,
        ...(seed.group.attempts === null ? {} : { retry }),
        ...renderTotal(seed, place),
        ...(seed.limited && place.options.failFast === undefined ? { failFast: seed.slow } : {}),
        ...(seed.group.output ? { output: { of: `\${{ tasks.${ids.at(-1)}.output }}` } } : {}),
      };
    }
  }
}

/** `3s` by an expression, now and then: of events that came before the wait. */
const renderWindow = ({ key }: TaskSeed): Record<string, Json> => (key ? { window: '${{ 1 + 2 }}s' } : {});

/** The time of a group or a child run: written out, or what an expression says. */
function renderTotal({ timeout, slow }: TaskSeed, { options, loops }: Place): Record<string, Json> {
  if (options.timeless === true || timeout === 'none') return {};
  const total = slow ? '20m' : '3s';
  if (timeout === 'total') return { timeout: { total } };
  return { timeout: timeout === 'queue' && loops.length > 0 ? '${{ each.index + 1 }}s' : total };
}

/** Events, and waits for them, which may have come before or never come. Both tell the time, so never when timeless. */
function renderEvent(seed: TaskSeed, place: Place): Record<string, Json> {
  if (place.options.timeless === true) return { transform: renderValue(seed, place) };
  if (seed.kind === 'emit') return { emit: { type: 'any.told', data: renderValue(seed, place) } };
  const correlated = seed.reads ? { match: 'event.source', key: '"reprise/any"' } : {};
  return {
    waitFor: { event: 'any.*', ...correlated, count: seed.attempts, timeout: seed.slow ? '20m' : '3s', ...renderWindow(seed) },
  };
}

function renderCall(seed: TaskSeed, place: Place): Record<string, Json> {
  const timeless = place.options.timeless === true;
  const timeout = timeless || seed.timeout === 'none' ? {} : { timeout: { [seed.timeout]: '3s' } };
  const policy = timeless ? { maximumLost: 1_000 } : { maximumLost: 3, onExhausted: seed.care === 'park' ? 'park' : 'fail' };
  return {
    call: 'any.work',
    with: renderValue(seed, place),
    retry: { maximumAttempts: seed.attempts, initialInterval: seed.slow ? '1s' : '0s', ...policy },
    ...timeout,
    ...(seed.care === 'once' && !timeless ? { effect: 'once' } : {}),
    ...(seed.limited ? { rateLimit: { max: 2, per: '4s' } } : {}),
    ...(seed.succeedWhen ? { succeedWhen: 'output.good' } : {}),
    ...(seed.key && place.loops.length > 0
      ? { idempotencyKey: `k-\${{ each.index }}${place.rounds ? '-${{ round.number }}' : ''}` }
      : {}),
  };
}
