import { expect, test } from '@jest/globals';
import { anyDocument, failWith, fatesFrom, Interpreter, settledWorkflows, tapedHandler } from '@reprise/testing';
import fc from 'fast-check';
import { compileWorkflow } from '../workflow/compile.js';
import type { AttemptRecord, Decision } from './state/decision.js';

const tapes = fc.array(fc.nat({ max: 1_000 }), { maxLength: 150, size: 'max' });
const cancel = { kind: 'cancel', reason: null, by: null } as const;

type Ended = `${number} ${AttemptRecord['outcome']}`;

/** What is counted of attempts, and what the ledger keeps of them; a success at the first try leaves no record. */
function attemptsOf(
  run: Interpreter,
  decision: Decision,
): { readonly counted: readonly Ended[]; readonly kept: readonly Ended[] } {
  const firstTries = decision.tasks.filter(({ status, attempt }) => status === 'succeeded' && attempt === 1);
  const isCall = (node: number) => run.workflow.nodes[node]?.work.kind === 'call';
  const counted = decision.facts.flatMap((fact): Ended[] => (fact.kind === 'attempt' ? [`${fact.node} ${fact.outcome}`] : []));
  const kept = decision.attempts.filter(({ node }) => isCall(node)).map(({ node, outcome }): Ended => `${node} ${outcome}`);
  const untold = firstTries.filter(({ node }) => isCall(node)).map(({ node }): Ended => `${node} succeeded`);
  return { counted: [...counted].sort(), kept: [...kept, ...untold].sort() };
}

function expectCounted(run: Interpreter): void {
  for (const { decision } of run.decisions) {
    const { counted, kept } = attemptsOf(run, decision);
    expect(counted).toEqual(kept);
  }
}

test('an attempt is counted as what the ledger keeps of it, whatever becomes of it', () => {
  fc.assert(
    fc.property(anyDocument(), tapes, tapes, (document, answers, fates) => {
      const compiled = compileWorkflow(document);
      const workflows = settledWorkflows(answers.length);
      const input = { list: [1, 2, 3] };
      const run = new Interpreter(compiled, { input, handler: tapedHandler(answers), workflows, fates: fatesFrom(fates) });
      expectCounted(run.toRest());
    }),
    { numRuns: 60 },
  );
});

test('also one that was to be cancelled and has failed', () => {
  const handler = () => ({ ...failWith('NO', { afterMs: 60_000 }), ignoresCancel: true });
  const run = Interpreter.of('workflow: w\ntasks: { a: { call: x.a } }', { handler });
  run.advance(1_000).send(cancel).toRest();
  expect(run.attemptsOf('a')).toMatchObject([{ outcome: 'failed' }]);
  expectCounted(run);
});
