import { describe, expect, test } from '@jest/globals';
import { answering, Interpreter, ORDERLY, succeedWith } from '@reprise/testing';
import { decide } from '../decide.js';
import { nothingLoaded } from '../state/decision.js';
import type { Input } from '../state/input.js';

const PAUSE: Input = { kind: 'pause', by: 'ann' };
const RESUME: Input = { kind: 'resume', by: 'ann' };

const TWO = `workflow: w
tasks: [{ id: a, call: a }, { id: b, call: b }]
output: "\${{ tasks.b.output }}"`;

const announced = (run: Interpreter) => run.messages.flatMap((message) => (message.kind === 'announce' ? [message] : []));

describe('a paused run', () => {
  test('starts nothing; what runs may end, and its outcome waits', () => {
    const run = Interpreter.of(TWO, { handler: answering({ a: succeedWith(1, 1_000), b: succeedWith(2) }) }).advance(500);
    run.send(PAUSE).advance(60_000);
    expect(run.run).toMatchObject({ status: 'paused', watchAt: null, progress: { pauses: 1 } });
    expect(run.task('a')).toMatchObject({ status: 'running', recorded: { kind: 'succeeded', output: '1' }, watchAt: null });
    expect(run.task('b')).toBeNull();
    run.send(RESUME).toRest();
    expect([run.run.status, run.output, run.executor.claims.length]).toEqual(['succeeded', 2, 2]);
  });

  test('is told of when it begins and when it is over, each time under an id of its own', () => {
    const run = Interpreter.of('workflow: w\ntasks: { nap: { sleep: 1h } }').advance(1);
    run.send(PAUSE).send(PAUSE, 1).send(RESUME, 2).send(RESUME, 3).send(PAUSE, 4).send(RESUME, 5).advance(100);
    expect(announced(run).map(({ status, count }) => [status, count])).toEqual([
      ['started', undefined],
      ['paused', 1],
      ['resumed', 1],
      ['paused', 2],
      ['resumed', 2],
    ]);
    const again = run.decide([{ kind: 'recover' }]).messages;
    expect(again).toContainEqual({ kind: 'announce', status: 'resumed', count: 2 });
    run.send(PAUSE).advance(1);
    expect(run.decide([{ kind: 'recover' }]).messages).toEqual([{ kind: 'announce', status: 'paused', count: 3 }]);
  });

  test('finds when it is resumed what has been due meanwhile: retries, sleeps, lost workers, its own timeout', () => {
    let failures = 1;
    const document = `workflow: w
tasks:
  retried: { call: flaky, retry: { initialInterval: 10s, jitter: none } }
  nap: { sleep: 1m }
  lost: { call: lost, retry: { initialInterval: 10s } }`;
    const handler = answering({
      flaky: () =>
        failures-- > 0
          ? { outcome: { kind: 'failed', error: { code: 'X', message: 'x' }, retryable: null, retryAfterMs: null } }
          : succeedWith(1),
    });
    const deaths = ['prompt', 'dies'] as const;
    let attempts = 0;
    const run = Interpreter.of(document, { handler, fates: { ...ORDERLY, attempt: () => deaths[attempts++] ?? 'prompt' } });
    run.advance(1_000).send(PAUSE).advance(600_000);
    expect([run.statusOf('retried'), run.statusOf('nap'), run.statusOf('lost')]).toEqual(['retrying', 'waiting', 'running']);
    run.send(RESUME).advance(10);
    expect([run.statusOf('nap'), run.task('lost')?.memory?.lost]).toEqual(['succeeded', 1]);
    expect(run.toRest().run.status).toBe('succeeded');
    const timed = Interpreter.of('workflow: w\ntimeout: 1m\ntasks: { nap: { sleep: 1h } }')
      .advance(1)
      .send(PAUSE)
      .advance(600_000);
    expect(timed.run.status).toBe('paused');
    expect(timed.send(RESUME).toRest().run).toMatchObject({ status: 'failed', error: { code: 'TIMEOUT' } });
  });

  test('does not notice what comes twice, too late or from strangers', () => {
    const run = Interpreter.of(TWO, { handler: answering({ a: succeedWith(1, 60_000) }) })
      .advance(500)
      .send(PAUSE)
      .advance(10);
    const { node, at, fence, claim } = run.task('a')!;
    const outcome = { kind: 'succeeded', output: '1' } as never;
    const mine: Input = { kind: 'outcome', node, at, fence, claim: claim!, outcome };
    const stale: readonly Input[] = [
      { ...mine, fence: (fence - 1) as never },
      { kind: 'wake', node, at, fence },
      { kind: 'hold', node, at, fence, reason: 'NO_HANDLER' },
      { kind: 'look' },
      { kind: 'retry-now', node, at, by: null },
      { kind: 'resolve', node, at, outcome: 'retry', output: null, reason: null, by: null },
      PAUSE,
    ];
    for (const input of stale) expect([input.kind, run.decide([input]).applied]).toEqual([input.kind, ['stale']]);
    expect(run.decide([mine, mine]).applied).toEqual(['applied', 'stale']);
  });

  test('can be cancelled: what runs is asked to stop, and the run ends', () => {
    const run = Interpreter.of(TWO, { handler: answering({ a: succeedWith(1, 60_000) }) })
      .advance(500)
      .send(PAUSE)
      .advance(100);
    run.send({ kind: 'cancel', reason: 'enough', by: 'ann' }).toRest();
    expect([run.run.status, run.statusOf('a')]).toEqual(['cancelled', 'cancelled']);
    expect(run.decide([RESUME]).applied).toEqual(['stale']);
  });

  test('and given up by the engine', () => {
    const run = Interpreter.of(TWO, { handler: answering({ a: succeedWith(1, 60_000) }) })
      .advance(500)
      .send(PAUSE)
      .advance(100);
    run.send({ kind: 'abort', error: { code: 'INTERNAL', message: 'poison' } }).toRest();
    expect(run.run).toMatchObject({ status: 'failed', error: { code: 'INTERNAL' } });
  });

  test('keeps still while it is being undone, too', () => {
    const document = `workflow: w
tasks:
  - { id: a, call: a, compensate: { call: undo, timeout: 10m } }
  - { id: end, fail: { code: X } }`;
    const run = Interpreter.of(document, { handler: answering({ undo: succeedWith(1, 60_000) }) }).advance(5_000);
    run.send(PAUSE).advance(3_600_000);
    expect([run.run.status, run.run.progress.phase?.kind]).toEqual(['paused', 'compensating']);
    run.send(RESUME).toRest();
    expect([run.run.status, run.statusOf('a:compensate')]).toEqual(['failed', 'succeeded']);
  });

  test('a run that has not begun, or has ended, is not paused; one that runs is not resumed', () => {
    const run = Interpreter.of(TWO);
    expect(run.decide([RESUME]).applied).toEqual(['stale']);
    const queued = { ...run.run, status: 'queued' } as const;
    const limits = { maxInputBytes: 1_000, maxOutputBytes: 1_000, maxItems: 10 };
    expect(decide(run.workflow, nothingLoaded(queued), [PAUSE], { now: run.now, units: [], limits })).toMatchObject({
      applied: ['stale'],
    });
    expect(run.toRest().decide([PAUSE]).applied).toEqual(['stale']);
  });
});
