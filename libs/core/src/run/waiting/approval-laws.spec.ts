import { describe, expect, test } from '@jest/globals';
import { type Fates, fatesFrom, Interpreter, type SimulatedPeople } from '@reprise/testing';
import fc from 'fast-check';
import type { Json } from '../../json.js';

const RUNS = 300;

interface Seed {
  readonly required: number;
  readonly anybody: boolean;
  readonly fourEyes: boolean;
  readonly loop: boolean;
  readonly group: boolean;
  readonly remind: Json | null;
  readonly escalate: boolean;
  readonly expire: Json | null;
}

const seeds: fc.Arbitrary<Seed> = fc.record({
  required: fc.integer({ min: 1, max: 3 }),
  anybody: fc.boolean(),
  fourEyes: fc.boolean(),
  loop: fc.boolean(),
  group: fc.boolean(),
  remind: fc.constantFrom<Json | null>(null, '3s', { every: '2s', maximum: 3 }, { after: '1s', every: '${{ 2 + 2 }}s' }),
  escalate: fc.boolean(),
  expire: fc.constantFrom<Json | null>(
    null,
    '${{ "5s" }}',
    { after: '6s', decision: 'approved' },
    { after: '20m', decision: 'fail' },
  ),
});

function approvalOf(seed: Seed, timeless: boolean): Json {
  return {
    subject: 'Sure?',
    required: seed.required,
    requester: 'anna',
    ...(seed.anybody ? {} : { assignees: ['anna', 'bob', 'carla', 'dora'] }),
    ...(seed.fourEyes ? { fourEyes: true } : {}),
    ...(timeless || seed.remind === null ? {} : { remind: seed.remind }),
    ...(timeless || !seed.escalate ? {} : { escalate: { after: '3500ms', to: ['boss'] } }),
    ...(timeless || seed.expire === null ? {} : { expire: seed.expire }),
  };
}

/** Approvals one after the other and side by side, alone, in lists and in groups, with tasks that read what was decided. */
function documentOf(all: readonly Seed[], timeless: boolean): Json {
  const tasks = all.map((seed, index): [string, Json] => {
    const approval = { approval: approvalOf(seed, timeless) };
    const inner = seed.group
      ? {
          tasks: [
            { id: 'ask', ...approval },
            { id: 'then', call: 'any.work' },
          ],
        }
      : approval;
    const needs = index > 0 && index % 2 === 0 ? { needs: [`a${index - 1}`] } : {};
    return [`a${index}`, { ...needs, ...(seed.loop ? { forEach: [1, 2, 3] } : {}), onError: 'continue', ...inner }];
  });
  return { workflow: 'any', tasks: Object.fromEntries(tasks) };
}

const NAMES = ['anna', 'bob', 'carla', 'dora', 'boss', 'stranger'] as const;

/** Each says when they are told what the tape has, by the path and the reason why they are told: the same however messages travel. */
const tapedPeople =
  (tape: readonly number[], longestMs: number): SimulatedPeople =>
  ({ path, told }) => {
    const start = [...`${path}${told}`].reduce((sum, letter) => sum + letter.charCodeAt(0), 0);
    const draw = (index: number): number => tape[(start + index) % tape.length] ?? 0;
    return NAMES.slice(0, draw(0) % 7).map((by, index) => ({
      by,
      decision: draw(index + 1) % 4 === 0 ? 'rejected' : 'approved',
      afterMs: (draw(index + 2) * 37) % longestMs,
    }));
  };

const tapes = fc.array(fc.nat({ max: 1_000 }), { minLength: 1, maxLength: 60 });
const moments = fc.option(fc.nat({ max: 12_000 }), { nil: null });
const documents = fc.array(seeds, { minLength: 1, maxLength: 4 });

describe('whatever people say, and whatever gets lost', () => {
  test('every commit obeys the laws, and the run rests with nothing but open questions', () => {
    fc.assert(
      fc.property(documents, tapes, tapes, moments, moments, (all, tape, said, cancelAfterMs, pauseAfterMs) => {
        const it = Interpreter.of(documentOf(all, false), { fates: fatesFrom(tape), people: tapedPeople(said, 9_000) });
        if (cancelAfterMs !== null) it.send({ kind: 'cancel', reason: null, by: 'anna' }, cancelAfterMs);
        if (pauseAfterMs !== null) {
          it.send({ kind: 'pause', by: 'anna' }, pauseAfterMs);
          // More than once: before the pause it says nothing.
          for (const afterMs of [2_000, 60_000, 120_000]) it.send({ kind: 'resume', by: 'anna' }, pauseAfterMs + afterMs);
        }
        it.toRest();
        const open = [...it.ledger.approvals.all.values()].filter(({ state }) => state === 'open');
        expect(it.run.status === 'running').toBe(open.length > 0);
        for (const { request, answers } of it.ledger.approvals.all.values()) {
          const names = answers.map(({ by }) => by);
          expect(new Set(names).size).toBe(names.length);
          if (request.fourEyes) expect(answers).not.toContainEqual(expect.objectContaining({ by: 'anna', decision: 'approved' }));
        }
      }),
      { numRuns: RUNS },
    );
  });

  /** What people were asked, what came of it, and what the tasks made of it: all but the moments. */
  const ledgerOf = (it: Interpreter): Json => [
    ...[...it.ledger.tasks.values()].map(({ node, at, status }) => `${node}:${at} ${status}`).sort(),
    ...[...it.ledger.approvals.all.values()]
      .map(
        ({ request, state, answers }) =>
          `${request.node}:${request.at} ${state} ${answers.map(({ by, decision }) => `${by} ${decision}`).join(', ')}`,
      )
      .sort(),
  ];

  test('lost, doubled and late messages end in the same ledger', () => {
    fc.assert(
      fc.property(documents, tapes, tapes, (all, tape, said) => {
        const run = (fates?: Fates) =>
          Interpreter.of(documentOf(all, true), {
            people: tapedPeople(said, 100_000),
            ...(fates === undefined ? {} : { fates }),
          }).toRest();
        expect(ledgerOf(run(fatesFrom(tape)))).toEqual(ledgerOf(run()));
      }),
      { numRuns: RUNS },
    );
  });
});
