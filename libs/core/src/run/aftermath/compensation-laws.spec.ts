import { describe, expect, test } from '@jest/globals';
import { anyDocument, fatesFrom, Interpreter, settledHandler, tapedHandler, withAftermath, workflowOf } from '@reprise/testing';
import fc from 'fast-check';
import { keyOf } from '../../address.js';
import type { Json, JsonText } from '../../json.js';
import { compileWorkflow } from '../../workflow/compile.js';
import type { Node } from '../../workflow/workflow.js';
import { hasRunEnded, hasTaskEnded } from '../state/status.js';
import { coverOf } from '../state/undoable.js';

const input = { list: [1, 2, 3] };
const tapes = fc.array(fc.nat({ max: 1_000 }), { maxLength: 150, size: 'max' });
const choices = fc.array(fc.nat({ max: 1_000 }), { minLength: 20, maxLength: 60 });
const documents = fc.tuple(anyDocument(), choices).map(([document, tape]) => withAftermath(document, tape));
const RUNS = 120;

/** That all is undone once and in order, and that no run ends before, the interpreter checks at every commit: see check-aftermath.ts. */
const run = (document: Json, answers: readonly number[], fates: readonly number[]) =>
  new Interpreter(compileWorkflow(document), { input, handler: tapedHandler(answers), fates: fatesFrom(fates) });

const parkedIn = ({ ledger }: Interpreter) => [...ledger.tasks.values()].filter(({ status }) => status === 'parked');

/** A person who resolves whatever is parked, as the tape says, and says that it has succeeded once the tape is used up. */
function resolveAll(interpreter: Interpreter, tape: readonly number[]): Interpreter {
  let next = 0;
  for (let parked = parkedIn(interpreter); parked.length > 0; parked = parkedIn(interpreter.toRest())) {
    for (const { node, at } of parked) {
      const outcome = (['succeeded', 'failed', 'retry'] as const)[(tape[next++] ?? 0) % 3] ?? 'succeeded';
      interpreter.send({ kind: 'resolve', node, at, outcome, output: '1' as JsonText, reason: null, by: 'ann' });
    }
  }
  return interpreter;
}

test('the documents that the laws are tried on pass the checks', () => {
  fc.assert(
    fc.property(documents, (document) => {
      expect(() => workflowOf(document)).not.toThrow();
    }),
    { numRuns: RUNS / 2 },
  );
});

describe('whatever the document, the answers and the fate of every message', () => {
  test('a run that ends badly undoes what it did, last first and once, tells of it, and ends only then', () => {
    fc.assert(
      fc.property(documents, tapes, tapes, (document, answers, fates) => {
        run(document, answers, fates).toRest();
      }),
      { numRuns: 3 * RUNS },
    );
  });

  test('once a person has resolved what is parked, every run ends', () => {
    fc.assert(
      fc.property(documents, tapes, tapes, choices, (document, answers, fates, tape) => {
        const interpreter = resolveAll(run(document, answers, fates).toRest(), tape.slice(0, 12));
        expect(hasRunEnded(interpreter.run.status)).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });

  test('a cancel undoes too, and a second one changes nothing', () => {
    fc.assert(
      fc.property(documents, tapes, tapes, fc.nat({ max: 30_000 }), (document, answers, fates, afterMs) => {
        const interpreter = run(document, answers, fates).advance(afterMs);
        interpreter.send({ kind: 'cancel', reason: null, by: null }).send({ kind: 'cancel', reason: 'again', by: null }, 2);
        const { status } = resolveAll(interpreter.toRest(), []).run;
        expect(hasRunEnded(status)).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });

  test('a run that the engine gives up ends, whatever it was doing', () => {
    fc.assert(
      fc.property(documents, tapes, tapes, fc.nat({ max: 30_000 }), (document, answers, fates, afterMs) => {
        const interpreter = run(document, answers, fates).advance(afterMs);
        interpreter.send({ kind: 'abort', error: { code: 'INTERNAL', message: 'poison' } }).toRest();
        expect(hasRunEnded(resolveAll(interpreter, []).run.status)).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });

  test('the instances undone are those that succeeded or may have, each by the innermost group that speaks for it', () => {
    fc.assert(
      fc.property(documents, tapes, tapes, (document, answers, fates) => {
        const { ledger, workflow, run: ended } = resolveAll(run(document, answers, fates).toRest(), []);
        for (const task of ledger.tasks.values()) {
          const node = workflow.nodes[task.node]!;
          if (node.compensates === null) continue;
          const undone = ledger.find(node.compensates, task.at);
          expect(undone !== null && hasTaskEnded(undone.status)).toBe(true);
          expect(undone?.status === 'succeeded' || undone?.memory?.doubt === true).toBe(true);
          expect(ended.status).not.toBe('succeeded');
          expect(task.createdAt).toBeGreaterThanOrEqual(undone?.endedAt ?? Infinity);
          for (const group of coverOf(workflow, workflow.nodes[node.compensates]!)) {
            const at = task.at
              .split('.')
              .slice(0, group.depth + group.levels.length)
              .join('.');
            expect(ledger.tasks.get(keyOf(group.index, at))?.status).not.toBe('succeeded');
          }
        }
      }),
      { numRuns: RUNS },
    );
  });
});

/** What a run came to: statuses and outputs. When, in how many attempts, and which error was first (what follows reads it) is no part of it. */
function ending({ ledger, run: ended, workflow }: Interpreter): unknown {
  const told = ({ path, role }: Node) => role !== 'member' || path.startsWith('onFailure.');
  const rows = [...ledger.tasks.values()].map(({ node, at, status, output, input: given }) =>
    told(workflow.nodes[node]!) ? [keyOf(node, at), status] : [keyOf(node, at), status, output, given],
  );
  return { status: ended.status, output: ended.output, rows: rows.sort() };
}

describe('paused and resumed', () => {
  const settled = (document: Json, seed: number) =>
    new Interpreter(compileWorkflow(document), { input, handler: settledHandler(seed) });
  const timeless = fc
    .tuple(anyDocument({ timeless: true, failFast: false }), choices)
    .map(([document, tape]) => withAftermath(document, tape));

  test('however often and for however long, a run ends as if it had not been', () => {
    fc.assert(
      fc.property(timeless, fc.nat(), fc.array(fc.nat({ max: 60_000 }), { maxLength: 12 }), (document, seed, times) => {
        const paused = settled(document, seed);
        for (const [index, ms] of times.entries()) {
          paused.send({ kind: index % 2 === 0 ? 'pause' : 'resume', by: null }).advance(ms);
        }
        const ended = paused.send({ kind: 'resume', by: null }).toRest();
        expect(ending(ended)).toEqual(ending(settled(document, seed).toRest()));
      }),
      { numRuns: RUNS },
    );
  });

  test('whatever befalls its messages and workers meanwhile, it comes to rest by the same laws', () => {
    const times = fc.array(fc.nat({ max: 30_000 }), { maxLength: 10 });
    fc.assert(
      fc.property(documents, tapes, tapes, times, (document, answers, fates, pauses) => {
        const interpreter = run(document, answers, fates);
        for (const ms of pauses) {
          interpreter.send({ kind: 'pause', by: 'ann' }).advance(ms % 5_000);
          const next =
            ms % 7 === 0 ? ({ kind: 'cancel', reason: null, by: 'ann' } as const) : ({ kind: 'resume', by: 'ann' } as const);
          interpreter.send(next).advance(ms);
        }
        // A `pause` that was late, or came again, may have come last.
        interpreter.advance(60_000).send({ kind: 'resume', by: 'ann' }).toRest();
      }),
      { numRuns: RUNS },
    );
  });

  test('a retry that a person hurries is the same retry, only sooner', () => {
    fc.assert(
      fc.property(timeless, fc.nat(), choices, (document, seed, tape) => {
        const hurried = settled(document, seed);
        for (const draw of tape) {
          for (let steps = draw % 4; steps > 0; steps -= 1) hurried.step();
          const waiting = [...hurried.ledger.tasks.values()].filter(({ status }) => status === 'retrying');
          const chosen = waiting[draw % Math.max(1, waiting.length)];
          if (chosen !== undefined) hurried.send({ kind: 'retry-now', node: chosen.node, at: chosen.at, by: 'ann' });
        }
        expect(ending(hurried.toRest())).toEqual(ending(settled(document, seed).toRest()));
      }),
      { numRuns: RUNS },
    );
  });
});
