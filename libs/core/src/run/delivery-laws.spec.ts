import { describe, expect, test } from '@jest/globals';
import { anyDocument, fatesFrom, Interpreter, settledHandler, settledWorkflows } from '@reprise/testing';
import fc from 'fast-check';
import { enclosing, isItem, pathOf } from '../address.js';
import { claimId, fence as fenceOf } from '../ids.js';
import type { Json, JsonText } from '../json.js';
import { compileWorkflow } from '../workflow/compile.js';
import type { Input } from './state/input.js';
import type { TaskState } from './state/task-state.js';

const input = { list: [1, 2, 3] };
const tapes = fc.array(fc.nat({ max: 1_000 }), { maxLength: 150, size: 'max' });
const RUNS = 120;

/** What must not depend on how messages travelled: statuses and outputs, by key. When is no part of it, nor which error was first. */
function ending(
  { ledger, run, workflow }: Interpreter,
  within: (task: TaskState) => boolean,
  told: 'what' | 'and in how many attempts' = 'and in how many attempts',
): unknown {
  const rows = [...ledger.tasks.values()].filter(within).map((task) => {
    const { attempt, memory, status, output, input, progress } = task;
    // A child's id tells when its task began.
    const states = progress?.kind === 'scope' ? progress.states : progress?.kind === 'child' ? progress.kind : progress;
    const counted = states === null || typeof states === 'string' ? states : { ...states, error: null };
    // In a run that was taken up again the losses of the time before are forgotten.
    const own = told === 'what' ? null : attempt - (memory?.lost ?? 0);
    return [
      pathOf(workflow, task),
      isItem(workflow.nodes[task.node]!, task.at),
      { status, output, input, own, counted },
    ] as const;
  });
  const sorted = rows.sort((a, b) => (`${a[0]} ${a[1]}` < `${b[0]} ${b[1]}` ? -1 : 1));
  return { status: run.status, output: run.output, states: run.scope.states, rows: sorted };
}

function noiseAbout({ node, at, fence, claim }: TaskState, draw: number): Input {
  const old = fenceOf(fence - 1);
  const outcome = { kind: 'succeeded', output: '"noise"' as JsonText } as const;
  const foreign = claimId('00000000-0000-4000-8000-999999999999');
  const noises: readonly Input[] = [
    { kind: 'wake', node, at, fence },
    { kind: 'wake', node, at, fence: old },
    { kind: 'outcome', node, at, fence, claim: foreign, outcome },
    { kind: 'outcome', node, at, fence: old, claim: claim ?? foreign, outcome },
    { kind: 'hold', node, at, fence: old, reason: 'NO_QUEUE' },
    { kind: 'look' },
    { kind: 'recover' },
  ];
  return noises[draw % noises.length] ?? { kind: 'look' };
}

describe('with handlers whose answers depend on the task and its own failures alone', () => {
  const settling = (seed: number) => ({ input, handler: settledHandler(seed), workflows: settledWorkflows(seed) });
  const settled = (document: Json, seed: number, fates: readonly number[]) =>
    new Interpreter(compileWorkflow(document), { ...settling(seed), fates: fatesFrom(fates) }).toRest();

  test('without failFast nothing at all depends on doubled, late, reordered or lost messages, crashes and lost workers', () => {
    fc.assert(
      fc.property(anyDocument({ timeless: true, failFast: false }), fc.nat(), tapes, (document, seed, fates) => {
        const [orderly, shaken] = [settled(document, seed, []), settled(document, seed, fates)];
        expect(ending(shaken, () => true)).toEqual(ending(orderly, () => true));
      }),
      { numRuns: RUNS },
    );
  });

  test('nor on noise: wakes before their time, reports under old fences, answers of foreign claims', () => {
    fc.assert(
      fc.property(anyDocument({ timeless: true, failFast: false }), fc.nat(), tapes, (document, seed, noise) => {
        const disturbed = new Interpreter(compileWorkflow(document), settling(seed));
        for (const draw of noise) {
          for (let steps = draw % 4; steps > 0; steps -= 1) disturbed.step();
          const rows = [...disturbed.ledger.tasks.values()];
          const row = rows[draw % Math.max(1, rows.length)];
          if (row !== undefined) disturbed.send(noiseAbout(row, draw >>> 3));
        }
        expect(ending(disturbed.toRest(), () => true)).toEqual(ending(settled(document, seed, []), () => true));
      }),
      { numRuns: RUNS },
    );
  });

  test('nor when the run has failed and is taken up again', () => {
    fc.assert(
      fc.property(anyDocument({ timeless: true, failFast: false }), fc.nat(), tapes, (document, seed, fates) => {
        const again = (tape: readonly number[]) => {
          const played = settled(document, seed, tape);
          return played.run.status === 'failed' ? played.send({ kind: 'retry-run', by: 'ann' }).toRest() : played;
        };
        expect(ending(again(fates), () => true, 'what')).toEqual(ending(again([]), () => true, 'what'));
      }),
      { numRuns: RUNS },
    );
  });

  /** Inside what has failed it may: which sibling was first to fail, and which had finished before it was cancelled. */
  test('with failFast only the inside of what fails depends on them', () => {
    fc.assert(
      fc.property(anyDocument({ timeless: true, failFast: true }), fc.nat(), tapes, (document, seed, fates) => {
        const [orderly, shaken] = [settled(document, seed, []), settled(document, seed, fates)];
        expect(shaken.run.status).toBe(orderly.run.status);
        if (orderly.run.status !== 'succeeded') return;
        const isInside = (task: TaskState): boolean =>
          enclosing(orderly.workflow, task)
            .slice(1)
            .every(({ node, at }) => orderly.ledger.find(node, at)?.status === 'succeeded');
        const isWhole = (task: TaskState): boolean => isInside(task) && task.status === 'succeeded';
        expect(ending(shaken, isWhole)).toEqual(ending(orderly, isWhole));
      }),
      { numRuns: RUNS },
    );
  });
});
