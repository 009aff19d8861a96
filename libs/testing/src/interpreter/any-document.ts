import type { Json } from '@reprise/core';
import fc from 'fast-check';

export interface AnyDocumentOptions {
  /** Nothing in it depends on when something happens: no timeouts, no parking, no limits on losses. */
  readonly timeless?: boolean;
  readonly failFast?: boolean;
}

type Kind = 'call' | 'transform' | 'sleep' | 'fail' | 'emit' | 'wait' | 'child' | 'group';
type Loop = {
  readonly size: number;
  readonly parallel: number;
  readonly tolerate: number | string;
  readonly from: 'list' | 'input';
};

type Rounds = {
  readonly ends: 'maximum' | 'until' | 'while' | 'never';
  readonly number: number;
  readonly interval: string | null;
};

interface TaskSeed {
  readonly kind: Kind;
  readonly needs: number;
  readonly runWhen: 'succeeded' | 'done' | 'failed' | 'anySucceeded';
  readonly condition: 'none' | 'true' | 'false' | 'reads';
  readonly reads: boolean;
  readonly continues: boolean;
  readonly loop: Loop | null;
  readonly rounds: Rounds | null;
  readonly attempts: number;
  readonly succeedWhen: boolean;
  readonly key: boolean;
  readonly slow: boolean;
  readonly limited: boolean;
  readonly timeout: 'none' | 'attempt' | 'total' | 'queue';
  readonly care: 'none' | 'park' | 'once';
  readonly group: GroupSeed | null;
}

interface GroupSeed {
  /** Attempts of the whole group; null: it has no `retry`. */
  readonly attempts: number | null;
  readonly sequence: boolean;
  readonly output: boolean;
  readonly members: readonly TaskSeed[];
}

const weighted = <Value>(...values: readonly (readonly [number, Value])[]): fc.Arbitrary<Value> =>
  fc.oneof(...values.map(([weight, value]) => ({ weight, arbitrary: fc.constant(value) })));

const sometimes = <Value>(arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });

const loops: fc.Arbitrary<Loop> = fc.record({
  size: fc.nat({ max: 4 }),
  parallel: fc.integer({ min: 1, max: 3 }),
  tolerate: fc.constantFrom<number | string>(0, 0, 1, '50%', '100%'),
  from: fc.constantFrom<'list' | 'input'>('list', 'input'),
});

const rounds: fc.Arbitrary<Rounds> = fc.record({
  ends: weighted<Rounds['ends']>([3, 'maximum'], [2, 'until'], [2, 'while'], [1, 'never']),
  number: fc.integer({ min: 1, max: 3 }),
  interval: fc.constantFrom(null, null, '0s', '3s', '20m'),
});

function tasks(depth: number): fc.Arbitrary<TaskSeed> {
  const kinds: readonly (readonly [number, Kind])[] = [
    [5, 'call'],
    [2, 'transform'],
    [1, 'sleep'],
    [1, 'fail'],
    [1, 'emit'],
    [1, 'wait'],
    [1, 'child'],
  ];
  const kind = depth > 1 ? weighted(...kinds, [4, 'group'] as const) : weighted(...kinds);
  return kind.chain((kind) =>
    fc.record({
      kind: fc.constant(kind),
      needs: fc.nat({ max: 15 }),
      runWhen: weighted([6, 'succeeded'], [1, 'done'], [1, 'failed'], [1, 'anySucceeded']),
      condition: weighted([6, 'none'], [1, 'true'], [1, 'false'], [1, 'reads']),
      reads: fc.boolean(),
      continues: weighted([3, false], [1, true]),
      loop: fc.option(loops, { freq: 2, nil: null }),
      rounds: sometimes(rounds),
      attempts: fc.integer({ min: 1, max: 3 }),
      succeedWhen: weighted([4, false], [1, true]),
      key: weighted([4, false], [1, true]),
      slow: fc.boolean(),
      limited: weighted([4, false], [1, true]),
      timeout: weighted([4, 'none'], [1, 'attempt'], [1, 'total'], [1, 'queue']),
      care: weighted([4, 'none'], [1, 'park'], [1, 'once']),
      group: kind === 'group' ? groups(depth - 1) : fc.constant(null),
    }),
  );
}

const groups = (depth: number): fc.Arbitrary<GroupSeed> =>
  fc.record({
    attempts: sometimes(fc.integer({ min: 1, max: 3 })),
    sequence: fc.boolean(),
    output: fc.boolean(),
    members: fc.array(tasks(depth), { minLength: 1, maxLength: 4 }),
  });

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
      return { workflow: 'any-child', with: renderValue(seed, place) };
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
        ...(seed.group.output ? { output: { of: `\${{ tasks.${ids.at(-1)}.output }}` } } : {}),
      };
    }
  }
}

/** Events, and waits for them, which may have come before or never come. Both tell the time, so never when timeless. */
function renderEvent(seed: TaskSeed, place: Place): Record<string, Json> {
  if (place.options.timeless === true) return { transform: renderValue(seed, place) };
  if (seed.kind === 'emit') return { emit: { type: 'any.told', data: renderValue(seed, place) } };
  const correlated = seed.reads ? { match: 'event.source', key: '"reprise/any"' } : {};
  return { waitFor: { event: 'any.*', ...correlated, count: seed.attempts, timeout: seed.slow ? '20m' : '3s' } };
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
