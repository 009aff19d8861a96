import { describe, expect, test } from '@jest/globals';
import { anyDocument, fatesFrom, Interpreter, settledWorkflows, tapedHandler, workflowOf } from '@reprise/testing';
import fc from 'fast-check';
import type { Json } from '../json.js';
import { compileWorkflow } from '../workflow/compile.js';
import type { Input } from './state/input.js';
import { hasRunEnded } from './state/status.js';

const input = { list: [1, 2, 3] };
const tapes = fc.array(fc.nat({ max: 1_000 }), { maxLength: 150, size: 'max' });
const RUNS = 120;

/** Every commit and the rest are checked against the laws by the interpreter itself: see check-commit.ts and audit.ts. */
const run = (document: Json, answers: readonly number[], fates: readonly number[]) =>
  new Interpreter(compileWorkflow(document), {
    input,
    handler: tapedHandler(answers),
    workflows: settledWorkflows(answers.length),
    fates: fatesFrom(fates),
  });

test('the documents that the laws are tried on pass the checks', () => {
  fc.assert(
    fc.property(anyDocument(), (document) => {
      expect(() => workflowOf(document)).not.toThrow();
    }),
    { numRuns: RUNS / 5 },
  );
});

describe('whatever the document, the answers and the fate of every message', () => {
  test('a run ends in one terminal status, or waits for a person with all else at rest; rows, scopes and counters agree', () => {
    fc.assert(
      fc.property(anyDocument(), tapes, tapes, (document, answers, fates) => {
        run(document, answers, fates).toRest();
      }),
      { numRuns: 2 * RUNS },
    );
  });

  test('no attempt number skips or repeats, none runs twice under a fence, fences grow with every claim', () => {
    fc.assert(
      fc.property(anyDocument(), tapes, tapes, (document, answers, fates) => {
        const { executor } = run(document, answers, fates).toRest();
        const last = new Map<string, { attempt: number; fence: number }>();
        for (const { key, attempt, fence } of executor.claims) {
          const before = last.get(key) ?? { attempt: 0, fence: 0 };
          expect(attempt).toBe(before.attempt + 1);
          expect(fence).toBeGreaterThan(before.fence);
          last.set(key, { attempt, fence });
        }
      }),
      { numRuns: RUNS },
    );
  });

  test('own failures and losses are spent from budgets of their own, and neither is overspent', () => {
    fc.assert(
      fc.property(anyDocument(), tapes, tapes, (document, answers, fates) => {
        const { ledger, workflow } = run(document, answers, fates).toRest();
        for (const task of ledger.tasks.values()) {
          const { work } = workflow.nodes[task.node] ?? {};
          if (work?.kind !== 'call' || task.memory === null) continue;
          const { maximumAttempts = 3, maximumLost = 5 } = work.retry;
          expect(task.memory.failures).toBeLessThanOrEqual(maximumAttempts);
          expect(task.memory.lost).toBeLessThanOrEqual(maximumLost);
          const records = ledger.attempts.filter(({ node, at }) => node === task.node && at === task.at);
          expect(records.filter(({ outcome }) => outcome === 'lost').length).toBeGreaterThanOrEqual(task.memory.lost);
          for (const record of records.slice(1)) expect(record.why).not.toBeNull();
        }
      }),
      { numRuns: RUNS },
    );
  });

  test('an ended run ignores every input that ever reached it; asked to look, it says once more that it has ended', () => {
    fc.assert(
      fc.property(anyDocument(), tapes, tapes, (document, answers, fates) => {
        const interpreter = run(document, answers, fates).toRest();
        if (!hasRunEnded(interpreter.run.status)) return;
        const inputs = new Set(interpreter.decisions.flatMap((decision) => decision.inputs));
        const late: Input[] = [
          ...inputs,
          { kind: 'cancel', reason: null, by: null },
          { kind: 'abort', error: { code: 'INTERNAL', message: 'm' } },
        ];
        for (const again of late.filter(({ kind }) => kind !== 'recover' && kind !== 'look')) {
          const nothing = {
            kind: 'decided',
            run: null,
            tasks: [],
            attempts: [],
            effects: [],
            messages: [],
            approvals: [],
            facts: [],
            marks: [],
            applied: ['stale'],
          };
          expect(interpreter.decide([again])).toEqual(nothing);
        }
        const announced = interpreter.decide([{ kind: 'recover' }]);
        expect(announced.messages).toEqual([{ kind: 'announce', status: interpreter.run.status }]);
        expect(announced.run).toBeNull();
      }),
      { numRuns: RUNS },
    );
  });

  test('a failed run that is taken up again touches nothing that succeeded; its attempts and fences go on', () => {
    fc.assert(
      fc.property(anyDocument(), tapes, tapes, fc.integer({ min: 1, max: 2 }), (document, answers, fates, copies) => {
        const interpreter = run(document, answers, fates).toRest();
        for (let times = 0; times < 3 && interpreter.run.status === 'failed'; times += 1) {
          const stands = [...interpreter.ledger.tasks.values()].filter(({ status }) => status === 'succeeded');
          for (let copy = 0; copy < copies; copy += 1) interpreter.send({ kind: 'retry-run', by: 'ann' });
          interpreter.toRest();
          for (const row of stands) expect(interpreter.ledger.find(row.node, row.at)).toBe(row);
        }
        const last = new Map<string, { attempt: number; fence: number }>();
        for (const { key, attempt, fence } of interpreter.executor.claims) {
          const before = last.get(key) ?? { attempt: 0, fence: 0 };
          expect([attempt > before.attempt, fence > before.fence]).toEqual([true, true]);
          last.set(key, { attempt, fence });
        }
      }),
      { numRuns: RUNS },
    );
  });

  test('a cancel ends the run once its claimed attempts have answered or their leases are over', () => {
    fc.assert(
      fc.property(anyDocument(), tapes, tapes, fc.nat({ max: 30_000 }), (document, answers, fates, afterMs) => {
        const interpreter = run(document, answers, fates).advance(afterMs);
        const wasOver = hasRunEnded(interpreter.run.status);
        const before = interpreter.now;
        interpreter.send({ kind: 'cancel', reason: 'enough', by: 'me' }).toRest();
        expect(hasRunEnded(interpreter.run.status)).toBe(true);
        if (wasOver) return;
        // A deaf handler runs 40 s at most, a frozen one is lost after its lease of 15 s; messages may be lost, the watch is slower.
        expect((interpreter.run.endedAt ?? Infinity) - before).toBeLessThan(120_000);
      }),
      { numRuns: RUNS },
    );
  });

  test('a run that has a timeout ends soon after it at the latest, parked tasks included', () => {
    fc.assert(
      fc.property(anyDocument(), tapes, tapes, (document, answers, fates) => {
        const timed = { ...(document as object), timeout: '5s' };
        const { run: ended } = run(timed, answers, fates).toRest();
        expect(hasRunEnded(ended.status)).toBe(true);
        expect((ended.endedAt ?? Infinity) - ended.createdAt).toBeLessThan(5_000 + 120_000);
      }),
      { numRuns: RUNS },
    );
  });

  test('a group or a child run that has a time of its own ends soon after it at the latest', () => {
    fc.assert(
      fc.property(anyDocument(), tapes, tapes, (document, answers, fates) => {
        const { ledger, workflow } = run(document, answers, fates).toRest();
        for (const { node, totalUntil, endedAt, progress } of ledger.tasks.values()) {
          if (workflow.nodes[node]?.work.kind === 'call' || totalUntil === null || progress === null) continue;
          expect((endedAt ?? Infinity) - totalUntil).toBeLessThan(120_000);
        }
      }),
      { numRuns: RUNS },
    );
  });

  test('lists longer than one decision may start go on, whatever becomes of the messages that come back for them', () => {
    const bodies = fc.constantFrom<Json>(
      { transform: 1 },
      { tasks: { a: { transform: 1 } } },
      { forEach: { in: '${{ input }}', parallel: 300, tolerate: '100%' }, tasks: [{ id: 'a', forEach: [1, 2], transform: 1 }] },
    );
    fc.assert(
      fc.property(bodies, fc.integer({ min: 101, max: 250 }), tapes, (body, length, fates) => {
        const document = { workflow: 'w', tasks: { l: { forEach: { in: '${{ input }}', parallel: 300 }, ...(body as object) } } };
        const list = Array.from({ length }, (_, index) => index);
        const ended = new Interpreter(compileWorkflow(document), { input: list, fates: fatesFrom(fates) }).toRest();
        expect([ended.run.status, ended.task('l')?.progress]).toMatchObject(['succeeded', { total: length, done: length }]);
      }),
      { numRuns: RUNS / 6 },
    );
  });

  test('the same things happening in the same order leave the same ledger', () => {
    fc.assert(
      fc.property(anyDocument(), tapes, tapes, (document, answers, fates) => {
        const [first, second] = [run(document, answers, fates).toRest(), run(document, answers, fates).toRest()];
        expect([...second.ledger.tasks]).toEqual([...first.ledger.tasks]);
        expect(second.run).toEqual(first.run);
      }),
      { numRuns: RUNS / 2 },
    );
  });
});
