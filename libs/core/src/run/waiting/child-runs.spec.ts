import { describe, expect, test } from '@jest/globals';
import { type ChildFate, fatesFrom, Interpreter, ORDERLY } from '@reprise/testing';
import fc from 'fast-check';
import { fence, runId, versionId } from '../../ids.js';
import type { Input } from '../state/input.js';

const document = `
workflow: order
tasks:
  - { id: ship, workflow: shipping@1.2.0, with: { order: '\${{ input.id }}' } }
  - { id: after, transform: '\${{ tasks.ship.output }}' }
output: { shipped: '\${{ tasks.ship.output }}' }`;
const alone = 'workflow: w\ntasks: { ship: { workflow: shipping, with: { n: 1 } } }';
const cancel = { kind: 'cancel', reason: null, by: null } as const;
const after = (afterMs: number, output: null | number = 1): ChildFate => ({ kind: 'succeeds', output, afterMs });
const asked = (run: Interpreter) => run.messages.filter(({ kind }) => kind === 'start-child').length;

describe('a task with `workflow`', () => {
  test('starts a run with its rendered input, waits for it, and succeeds with its output', () => {
    const run = Interpreter.of(document, {
      input: { id: 7 },
      workflows: () => ({ kind: 'succeeds', output: { parcel: 'p-1' }, afterMs: 3_600_000 }),
    });
    run.advance(1_000);
    expect(run.task('ship')).toMatchObject({ status: 'waiting', attempt: 0, dueAt: null, progress: { kind: 'child' } });
    run.toRest();
    expect(run.children).toEqual([{ path: 'ship', workflow: 'shipping', version: '1.2.0', input: { order: 7 } }]);
    expect([run.run.status, run.output]).toEqual(['succeeded', { shipped: { parcel: 'p-1' } }]);
  });

  test('gives an empty input where there is no `with`, and null where the child has no output', () => {
    const run = Interpreter.of('workflow: w\ntasks: { ship: { workflow: shipping } }').toRest();
    expect([run.children[0]?.input, run.statusOf('ship'), run.task('ship')?.output]).toEqual([{}, 'succeeded', null]);
  });

  test('is asked for once a task: items have runs of their own', () => {
    const run = Interpreter.of(
      'workflow: w\ntasks: { all: { forEach: [1, 2, 3], workflow: one, with: { n: "${{ each.value }}" } } }',
      {
        workflows: ({ input }) => ({ kind: 'succeeds', output: input }),
      },
    ).toRest();
    expect(run.outputOf('all')).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    expect(new Set(run.children.map(({ path }) => path))).toEqual(new Set(['all[0]', 'all[1]', 'all[2]']));
  });

  test('fails as its run failed: with its code, naming the run, and the task in it', () => {
    const error = { code: 'CARD_DECLINED', message: 'declined', details: { by: 'bank' }, task: 'charge' };
    const run = Interpreter.of(alone, { workflows: () => ({ kind: 'fails', error }) }).toRest();
    const { progress } = run.task('ship') ?? {};
    const id = progress?.kind === 'child' ? progress.run : '';
    expect(run.task('ship')?.error).toEqual({
      code: 'CARD_DECLINED',
      message: `run ${id} of shipping failed: declined`,
      details: { run: id, task: 'charge', details: { by: 'bank' } },
      task: 'ship',
    });
    expect(run.run).toMatchObject({ status: 'failed', error: { code: 'CARD_DECLINED', task: 'ship' } });
  });

  test.each([
    [{ code: 'CANCELLED', message: 'cancelled: by hand' }, 'CANCELLED', 'was cancelled: cancelled: by hand'],
    [{ code: 'CONCURRENCY_SKIPPED', message: 'skipped' }, 'CONCURRENCY_SKIPPED', 'was cancelled: skipped'],
    [null, 'CANCELLED', 'was cancelled: without saying why'],
  ])('fails when its run was cancelled, which it did not ask for', (error, code, words) => {
    const run = Interpreter.of(alone, { workflows: () => ({ kind: 'is-cancelled', error }) }).toRest();
    expect(run.task('ship')).toMatchObject({ status: 'failed', error: { code } });
    expect(run.task('ship')?.error?.message).toContain(words);
  });

  test('fails with what the trigger says when the run cannot be started', () => {
    const error = { code: 'NO_WORKFLOW', message: 'there is no workflow shipping' };
    const run = Interpreter.of(alone, { workflows: () => ({ kind: 'refused', error }) }).toRest();
    expect([run.statusOf('ship'), run.task('ship')?.error, run.children]).toEqual(['failed', error, []]);
  });

  test.each([
    ['an input that cannot be rendered', '{ n: "${{ input.none.at.all }}" }', 'EXPRESSION'],
    ['an input that is too large', '{ n: "${{ input.long }}" }', 'INVALID_INPUT'],
  ])('fails at once for %s', (_, input, code) => {
    const run = Interpreter.of(`workflow: w\ntasks: { ship: { workflow: shipping, with: ${input} } }`, {
      input: { long: 'x'.repeat(2_000) },
      limits: { maxInputBytes: 1_000 },
    }).toRest();
    expect([run.task('ship')?.error?.code, run.children]).toEqual([code, []]);
  });

  test('fails when the output of its run is larger than a task may have', () => {
    const run = Interpreter.of(alone, {
      workflows: () => ({ kind: 'succeeds', output: 'x'.repeat(200) }),
      limits: { maxOutputBytes: 100 },
    }).toRest();
    expect(run.task('ship')?.error?.code).toBe('OUTPUT_TOO_LARGE');
  });
});

describe('a lost message', () => {
  const losing = (lost: readonly number[]) => {
    let count = 0;
    return { ...ORDERLY, message: () => (lost.includes(count++) ? ('lost' as const) : ('once' as const)) };
  };

  test('that asks for the start is sent again by the watch, later every time: a long queue must not be made longer', () => {
    const run = Interpreter.of(alone, { fates: losing([1, 2, 3]), workflows: () => after(10) }).toRest();
    expect([run.run.status, run.children.length, asked(run)]).toEqual(['succeeded', 1, 4]);
    // 10 s, 10 s more, then as long again as it has waited.
    expect((run.task('ship')?.endedAt ?? 0) - (run.run.startedAt ?? 0)).toBeGreaterThan(40_000);
  });

  test('that asks twice starts one run', () => {
    const twice = { ...ORDERLY, message: () => 'twice' as const };
    const run = Interpreter.of(alone, { fates: twice, workflows: () => after(10) }).toRest();
    expect([run.run.status, run.children.length]).toEqual(['succeeded', 1]);
  });

  test('of its end is told again', () => {
    const run = Interpreter.of(alone, { fates: losing([2]), workflows: () => after(10) }).toRest();
    expect(run.run.status).toBe('succeeded');
  });

  test('is derived again where the scheduler recovers', () => {
    const run = Interpreter.of(alone, { fates: losing([1]), workflows: () => after(10) });
    run.send({ kind: 'recover' }).advance(1_000);
    expect(run.run.status).toBe('succeeded');
  });
});

describe('cancel', () => {
  test('of a run asks the runs that its tasks wait for to stop, and ends when they have', () => {
    const run = Interpreter.of('workflow: w\ntasks: { all: { forEach: [1, 2, 3], workflow: one } }', {
      workflows: () => after(3_600_000),
    });
    run.advance(1_000).send(cancel).advance(1);
    expect(run.task('all[1]')).toMatchObject({ status: 'waiting', cancelling: true });
    run.advance(1_000);
    expect([run.run.status, run.statusOf('all[1]')]).toEqual(['cancelled', 'cancelled']);
    expect(run.messages.filter(({ kind }) => kind === 'cancel-child')).toHaveLength(3);
  });

  test('ends at once where the run was not started: it never will be', () => {
    const late = { ...ORDERLY, message: () => 'late' as const };
    const run = Interpreter.of(alone, { fates: late, workflows: () => after(10) });
    run.send(cancel, 5).toRest();
    expect([run.run.status, run.children]).toEqual(['cancelled', []]);
  });

  test('in the very decision that starts a run leaves nothing to start', () => {
    const run = Interpreter.of('workflow: w\ntasks: { ship: { workflow: shipping }, no: { fail: { code: NO } } }').toRest();
    expect([run.run.status, run.statusOf('ship'), run.children, asked(run)]).toEqual(['failed', 'cancelled', [], 0]);
  });

  test('comes too late where the run has succeeded: that counts', () => {
    const run = Interpreter.of(alone, { workflows: () => ({ ...after(1_000), ignoresCancel: true }) as ChildFate });
    run.advance(500).send(cancel).toRest();
    expect([run.run.status, run.statusOf('ship'), run.outputOf('ship')]).toEqual(['cancelled', 'succeeded', 1]);
  });

  test('of a run that fails instead is a cancel, and says what happened', () => {
    const fate = { kind: 'fails', error: { code: 'BROKEN', message: 'm' }, afterMs: 1_000, ignoresCancel: true } as const;
    const run = Interpreter.of(alone, { workflows: () => fate })
      .advance(500)
      .send(cancel)
      .toRest();
    expect(run.task('ship')).toMatchObject({ status: 'cancelled', error: { code: 'BROKEN' } });
  });

  test('is asked for again while the run goes on and the watch looks', () => {
    const fate = { kind: 'succeeds', afterMs: 3_000_000, ignoresCancel: true } as const;
    const run = Interpreter.of(alone, { workflows: () => fate })
      .advance(500)
      .send(cancel)
      .toRest();
    expect(run.messages.filter(({ kind }) => kind === 'cancel-child').length).toBeGreaterThan(2);
    expect(run.run.status).toBe('cancelled');
  });
});

describe('a refusal', () => {
  const refused = (changes: Partial<Extract<Input, { kind: 'refused' }>> = {}): Input => ({
    kind: 'refused',
    node: 0,
    at: '',
    fence: fence(1),
    error: { code: 'NO_WORKFLOW', message: 'm' },
    ...changes,
  });

  test('is heard only by the task that waits for that start', () => {
    const run = Interpreter.of(`${alone.slice(0, -2)}, nap: { sleep: 1h } }`, { workflows: () => after(3_600_000) });
    for (const stale of [refused({ fence: fence(0) }), refused({ node: 9 }), refused({ node: 1 })])
      expect(run.decide([stale]).applied).toEqual(['stale']);
    expect(run.decide([refused()])).toMatchObject({ applied: ['applied'], tasks: [{ status: 'failed' }, expect.anything()] });
  });

  test('says nothing about a run that a later message has started', () => {
    const run = Interpreter.of(alone, { workflows: () => after(3_600_000) }).advance(1_000);
    expect(run.decide([refused()]).applied).toEqual(['stale']);
  });

  test('that meets a cancel is a cancel', () => {
    const run = Interpreter.of(alone, { workflows: () => after(3_600_000) });
    // The decision has not seen the child yet, as when the trigger refuses it while the run is cancelled.
    expect(run.decide([cancel, refused()]).applied).toEqual(['applied', 'stale']);
  });
});

test('a run that has a parent tells it when it ends, and again whenever it is looked at', () => {
  const parent = { run: runId('p'), version: versionId('v'), node: 3, at: '0', fence: fence(2) };
  const run = Interpreter.of('workflow: w\ntasks: { nap: { sleep: 1s } }', { origin: { parent } }).toRest();
  const told = { kind: 'tell-parent', parent };
  expect(run.messages.at(-1)).toEqual(told);
  expect(run.decide([{ kind: 'look' }]).messages).toEqual([{ kind: 'announce', status: 'succeeded' }, told]);
});

test('paused and resumed, it hears what its run has done meanwhile', () => {
  const run = Interpreter.of(alone, { workflows: () => after(60_000) })
    .advance(1_000)
    .send({ kind: 'pause', by: null });
  run.advance(120_000);
  expect(run.statusOf('ship')).toBe('waiting');
  run.send({ kind: 'resume', by: null }).advance(1_000);
  expect(run.run.status).toBe('succeeded');
});

test('whatever becomes of the messages, every run is started once and none goes on alone', () => {
  const tapes = fc.array(fc.nat({ max: 1_000 }), { maxLength: 60, size: 'max' });
  const wide =
    'workflow: w\ntasks: { all: { forEach: { in: [1, 2, 3, 4], parallel: 2 }, workflow: one }, bad: { needs: [], call: x } }';
  fc.assert(
    fc.property(tapes, fc.nat({ max: 20_000 }), (tape, cancelAfterMs) => {
      const run = Interpreter.of(wide, { fates: fatesFrom(tape), workflows: () => after(8_000) });
      run.send(cancel, cancelAfterMs).toRest();
      expect(new Set(run.children.map(({ path }) => path)).size).toBe(run.children.length);
    }),
  );
});
