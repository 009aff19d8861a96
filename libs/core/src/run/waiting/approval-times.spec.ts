import { describe, expect, test } from '@jest/globals';
import { Interpreter, ORDERLY, type SimulatedPeople } from '@reprise/testing';
import { document, HOUR, listening, losing, MINUTE, run, START, says, yes } from '../../../test/asked-people.js';

describe('people who say nothing', () => {
  const told = (it: Interpreter) =>
    it.decisions.flatMap(({ now, decision }) =>
      decision.approvals.map((write) => [(now - START) / HOUR, write.kind, 'number' in write ? write.number : null] as const),
    );

  test('are reminded, first after a while, then every so often, so many times', () => {
    const it = run('subject: Sure?, remind: { after: 1h, every: 2h, maximum: 3 }');
    expect(told(it).slice(1)).toEqual([
      [1, 'remind', 1],
      [3, 'remind', 2],
      [5, 'remind', 3],
    ]);
    expect(it.task('ask')).toMatchObject({ status: 'waiting', dueAt: null, watchAt: null });
  });

  test('are reminded once where only a duration is said, and every so often from the first on where only that is', () => {
    expect(told(run('subject: Sure?, remind: 1h')).slice(1)).toEqual([[1, 'remind', 1]]);
    const often = told(run('subject: Sure?, remind: { every: 3h }'));
    expect(often).toHaveLength(11);
    expect(often.slice(1, 3)).toEqual([
      [3, 'remind', 1],
      [6, 'remind', 2],
    ]);
  });

  test('others are asked too, who may then decide', () => {
    const { heard, people } = listening(({ told, assignees }) =>
      told === 'requested' ? [yes('boss')] : told === 'escalated' && assignees.includes('boss') ? [yes('boss')] : [],
    );
    const it = run('subject: Sure?, assignees: [anna], escalate: { after: 1d, to: [boss, anna] }', { people });
    expect(heard.map(({ told, assignees }) => [told, assignees])).toEqual([
      ['requested', ['anna']],
      ['escalated', ['anna', 'boss']],
    ]);
    expect(it.outputOf('ask')).toMatchObject({ by: 'boss', at: '2026-01-02T00:00:01.000Z' });
  });

  test.each(['rejected', 'approved'] as const)('in the end it is %s, by nobody', (decision) => {
    const it = run(`subject: Sure?, remind: 1h, expire: { after: 2d, decision: ${decision} }`);
    expect(it.outputOf('ask')).toEqual({
      decision,
      by: null,
      at: '2026-01-03T00:00:00.000Z',
      form: null,
      comment: null,
      approvals: [],
    });
    expect(it.ledger.approvals.find(0, '')).toMatchObject({ state: 'expired' });
  });

  test('a duration alone rejects; `fail` fails the task with TIMEOUT', () => {
    expect(run('subject: Sure?, expire: 2d').outputOf('ask')).toMatchObject({ decision: 'rejected', by: null });
    const it = run('subject: Sure?, expire: { after: 36h, decision: fail }');
    expect(it.run).toMatchObject({ status: 'failed', error: { code: 'TIMEOUT', task: 'ask', details: { kind: 'wait' } } });
    expect(it.run.error?.message).toBe('nobody decided about ask within 1d12h');
  });

  test('after a standstill the last reminder stands for all that were missed, and the escalation is not forgotten', () => {
    const it = Interpreter.of(document('subject: Sure?, remind: { every: 1h }, escalate: { after: 2h, to: boss }, expire: 1d'));
    const { node, at, fence } = it.task('ask')!;
    it.step();
    // Nobody looked for ten hours and a half.
    const late = Interpreter.of(
      document('subject: Sure?, remind: { every: 1h }, escalate: { after: 2h, to: boss }, expire: 1d'),
      {
        fates: { ...ORDERLY, message: () => 'lost', report: () => 'lost' },
      },
    );
    late.advance(10.5 * HOUR);
    const { approvals, tasks } = late.decide([{ kind: 'wake', node, at, fence }]);
    expect(approvals).toEqual([
      { kind: 'escalate', node, at, fence, to: ['boss'] },
      { kind: 'remind', node, at, fence, number: 10 },
    ]);
    expect(tasks[0]?.dueAt).toBe(START + 24 * HOUR);
  });
});

describe('what people have decided counts', () => {
  test('although the approval has expired before anybody looked', () => {
    const it = run('subject: Sure?, expire: 10s', {
      people: says(yes('anna', 9_999)),
      fates: losing(2),
    });
    expect(it.outputOf('ask')).toMatchObject({ decision: 'approved', by: 'anna' });
  });

  test('once it has expired it comes too late', () => {
    const it = run('subject: Sure?, expire: 10s', { people: says(yes('anna', 10_100)) });
    expect(it.outputOf('ask')).toMatchObject({ decision: 'rejected', by: null });
  });
});

describe('while a run is paused', () => {
  const paused = (approval: string, people: SimulatedPeople, forMs: number) =>
    Interpreter.of(document(approval), { people })
      .send({ kind: 'pause', by: null }, 500)
      .send({ kind: 'resume', by: null }, 500 + forMs)
      .toRest();

  test('an answer is kept, and counts when it is resumed', () => {
    const it = paused('subject: Sure?', says(yes('anna')), HOUR);
    expect(it.outputOf('ask')).toMatchObject({ decision: 'approved', by: 'anna', at: '2026-01-01T00:00:01.000Z' });
    expect(it.task('ask')?.endedAt).toBe(START + HOUR + 500);
  });

  test('nobody is reminded and nothing expires; what has come due meanwhile happens when it is resumed', () => {
    const approval = 'subject: Sure?, remind: { every: 1m, maximum: 5 }, expire: 1h';
    const it = paused(approval, () => [], 2.5 * MINUTE);
    const told = it.decisions.flatMap(({ now, decision }) =>
      decision.approvals.map((write) => [(now - START) / MINUTE, 'number' in write ? write.number : write.kind] as const),
    );
    expect(told.map(([, what]) => what)).toEqual(['request', 2, 3, 4, 5, 'expire']);
    expect(told[1]?.[0]).toBeCloseTo(2.5, 1);
    expect(paused('subject: Sure?, expire: 1h', () => [], 2 * HOUR).task('ask')).toMatchObject({
      endedAt: START + 2 * HOUR + 500,
    });
  });
});

describe('times that an expression gives', () => {
  const ALL =
    'subject: x, assignees: [anna], remind: { after: "${{ input.a }}", every: "${{ input.b }}", maximum: 2 }, escalate: { after: "${{ input.c }}", to: boss }, expire: { after: "${{ input.d }}" }';

  test('are read when people are asked, and stand', () => {
    const it = run(ALL, { input: { a: '1h', b: '2h', c: '90m', d: '4h' } });
    const writes = it.decisions.flatMap(({ now, decision }) =>
      decision.approvals.map(({ kind }) => [kind, (now - START) / HOUR]),
    );
    expect(writes).toEqual([
      ['request', 0],
      ['remind', 1],
      ['escalate', 1.5],
      ['remind', 3],
      ['expire', 4],
    ]);
    expect(it.outputOf('ask')).toMatchObject({ decision: 'rejected' });
  });

  test.each([
    ['remind', 'a', 5, 'longer than 0'],
    ['remind.every', 'b', '10ms', 'of at least 1s'],
    ['escalate.after', 'c', null, 'longer than 0'],
    ['expire', 'd', 'soon', 'longer than 0'],
  ])('fail the task when that of %s is none: nobody is asked', (field, name, given, least) => {
    const { heard, people } = listening();
    const it = run(ALL, { people, input: { a: '1h', b: '2h', c: '90m', d: '4h', [name]: given } });
    const message = `${field} of ask must be text with a duration ${least}, such as "30m", got ${JSON.stringify(given)}`;
    expect([it.task('ask')?.error, heard]).toEqual([{ code: 'EXPRESSION', message }, []]);
  });
});
