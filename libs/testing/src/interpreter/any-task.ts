import fc from 'fast-check';

type Kind = 'call' | 'transform' | 'sleep' | 'fail' | 'emit' | 'wait' | 'child' | 'group';
export type Loop = {
  readonly size: number;
  readonly parallel: number;
  readonly tolerate: number | string;
  readonly from: 'list' | 'input';
};

export type Rounds = {
  readonly ends: 'maximum' | 'until' | 'while' | 'never';
  readonly number: number;
  readonly interval: string | null;
};

export interface TaskSeed {
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
  /** Of a group or a child run: `attempt` and `queue` stand for its total time too. */
  readonly timeout: 'none' | 'attempt' | 'total' | 'queue';
  readonly care: 'none' | 'park' | 'once';
  readonly group: GroupSeed | null;
}

export interface GroupSeed {
  /** Attempts of the whole group; null: it has no `retry`. */
  readonly attempts: number | null;
  readonly sequence: boolean;
  readonly output: boolean;
  readonly members: readonly TaskSeed[];
}

export const weighted = <Value>(...values: readonly (readonly [number, Value])[]): fc.Arbitrary<Value> =>
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

export const groups = (depth: number): fc.Arbitrary<GroupSeed> =>
  fc.record({
    attempts: sometimes(fc.integer({ min: 1, max: 3 })),
    sequence: fc.boolean(),
    output: fc.boolean(),
    members: fc.array(tasks(depth), { minLength: 1, maxLength: 4 }),
  });
