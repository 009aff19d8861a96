import { describe, expect, test } from '@jest/globals';
import {
  type Fates,
  Interpreter,
  type InterpreterOptions,
  ORDERLY,
  type SimulatedPeople,
  type SimulatedRequest,
} from '@reprise/testing';
import { keyOf } from './address.js';
import { decide } from './decide.js';
import { type Loaded, nothingLoaded } from './decision.js';
import type { TaskState } from './task-state.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.UTC(2026, 0, 1);

const document = (approval: string, more = ''): string => `
workflow: ask
tasks:
  ask: { approval: { ${approval} } ${more} }
  go: { needs: [ask], if: tasks.ask.output.decision == 'approved', call: shop.go }
`;

const run = (approval: string, options: InterpreterOptions = {}, more = '') =>
  Interpreter.of(document(approval, more), { input: { who: ['Anna', 'bob'], by: 'carla' }, ...options }).toRest();

/** Somebody answers the first time they are told. */
const says =
  (...answers: ReturnType<SimulatedPeople>): SimulatedPeople =>
  ({ told }) =>
    told === 'requested' ? answers : [];

const yes = (by: string, afterMs = 1_000) => ({ by, decision: 'approved', afterMs }) as const;
const no = (by: string, afterMs = 1_000) => ({ by, decision: 'rejected', afterMs }) as const;

/** Loses one message, counted from 0: a start's announcement is the first, then come alarms and answers. */
function losing(number: number): Fates {
  let sent = 0;
  return { ...ORDERLY, message: () => (sent++ === number ? 'lost' : 'once') };
}

/** What people were told, and when. */
function listening(people: SimulatedPeople = () => []): { readonly heard: SimulatedRequest[]; readonly people: SimulatedPeople } {
  const heard: SimulatedRequest[] = [];
  const listen: SimulatedPeople = (request) => {
    heard.push(request);
    return people(request);
  };
  return { heard, people: listen };
}

describe('an approval asks people', () => {
  test('and is what they say: an approval goes on, with who, when and what they filled in', () => {
    const it = run('subject: "Refund ${{ input.by }}?", assignees: "${{ input.who }}"', {
      people: says({ ...yes('anna'), form: { limit: 5 }, comment: 'fine' }),
    });
    expect(it.run.status).toBe('succeeded');
    const said = { by: 'anna', at: '2026-01-01T00:00:01.000Z', form: { limit: 5 }, comment: 'fine' };
    expect(it.outputOf('ask')).toEqual({ decision: 'approved', ...said, approvals: [said] });
    expect(it.statusOf('go')).toBe('succeeded');
    expect(it.task('ask')).toMatchObject({ attempt: 0, dueAt: null, watchAt: null });
  });

  test('a rejection is a success too: the workflow decides what it means', () => {
    const it = run('subject: Sure?', { people: says(no('anyone')) });
    expect(it.run.status).toBe('succeeded');
    expect(it.outputOf('ask')).toMatchObject({ decision: 'rejected', by: 'anyone', form: null, comment: null, approvals: [] });
    expect(it.statusOf('go')).toBe('skipped');
  });

  test('with what they need to know: the subject rendered, names in lower case and once, who asks', () => {
    const { heard, people } = listening();
    run(
      'subject: "${{ input.who }}", assignees: [Anna, anna, "${{ input.by }}"], requester: "${{ input.by }}", form: { type: object }',
      {
        people,
      },
    );
    expect(heard).toEqual([
      {
        path: 'ask',
        told: 'requested',
        subject: '["Anna","bob"]',
        assignees: ['anna', 'carla'],
        requester: 'carla',
        form: { type: 'object' },
      },
    ]);
  });

  test('and waits for them, however long: nothing is due, nobody asks again', () => {
    const it = run('subject: Sure?, assignees: []');
    expect(it.run.status).toBe('running');
    expect(it.task('ask')).toMatchObject({ status: 'waiting', dueAt: null, watchAt: null });
    expect(it.ledger.approvals.find(0, '')).toMatchObject({ state: 'open', assignees: [] });
    const told = it.messages.length;
    it.advance(400 * 24 * HOUR);
    expect(it.messages).toHaveLength(told);
  });

  test('once for each item of a list and each round of a group', () => {
    const { heard, people } = listening(says(yes('anna')));
    const it = Interpreter.of(
      `
workflow: ask
tasks:
  page: { forEach: [a, b], tasks: [{ id: ask, approval: { subject: "\${{ each.value }}?" } }] }`,
      { people },
    ).toRest();
    expect(it.run.status).toBe('succeeded');
    expect(heard.map(({ path, subject }) => [path, subject])).toEqual([
      ['page[0].ask', 'a?'],
      ['page[1].ask', 'b?'],
    ]);
  });
});

describe('n of m', () => {
  const two = 'subject: Sure?, assignees: [anna, bob, carla], required: 2';

  test('as many must approve as are required; the last of them decides', () => {
    const it = run(two, { people: says(yes('anna'), yes('bob', 2_000), yes('carla', 3_000)) });
    expect(it.outputOf('ask')).toMatchObject({
      decision: 'approved',
      by: 'bob',
      at: '2026-01-01T00:00:02.000Z',
      approvals: [{ by: 'anna' }, { by: 'bob' }],
    });
  });

  test('one rejection decides', () => {
    const it = run(two, { people: says(yes('anna'), no('carla', 2_000), yes('bob', 3_000)) });
    expect(it.outputOf('ask')).toMatchObject({ decision: 'rejected', by: 'carla', approvals: [{ by: 'anna' }] });
  });

  test('the same person twice is one person', () => {
    const it = run(two, { people: says(yes('anna'), yes('anna', 2_000)) });
    expect(it.run.status).toBe('running');
  });
});

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

describe('four eyes', () => {
  const eyes = 'subject: Sure?, assignees: [anna, carla], fourEyes: true, requester: "${{ input.by }}"';

  test('who asks may not approve', () => {
    const it = run(eyes, { people: says(yes('carla'), yes('anna', 2_000)) });
    expect(it.outputOf('ask')).toMatchObject({ by: 'anna' });
  });

  test('who asks may withdraw', () => {
    expect(run(eyes, { people: says(no('carla')) }).outputOf('ask')).toMatchObject({ decision: 'rejected', by: 'carla' });
  });

  test('who started the run asks, unless the document says otherwise', () => {
    const { heard, people } = listening();
    run('subject: Sure?, fourEyes: true', { people, startedBy: 'dora' });
    run('subject: Sure?, requester: "${{ input.?nobody.orValue(null) }}"', { people, startedBy: 'dora' });
    expect(heard.map(({ requester }) => requester)).toEqual(['dora', null]);
  });

  test('where nobody knows who asks, one pair would do: the task fails', () => {
    const it = run('subject: Sure?, fourEyes: true');
    expect(it.run.error).toMatchObject({ code: 'EXPRESSION', task: 'ask', message: expect.stringContaining('say `requester`') });
  });
});

describe('what nobody could decide fails at once', () => {
  test.each([
    ['subject: "${{ input.none.x }}"', 'none'],
    ['subject: Sure?, assignees: "${{ input.none.x }}"', 'none'],
    ['subject: Sure?, escalate: { after: 1h, to: "${{ input.none.x }}" }', 'none'],
    ['subject: Sure?, requester: "${{ input.none.x }}"', 'none'],
    ['subject: Sure?, assignees: "${{ [1] }}"', 'ask has in assignees what is no name: 1'],
    ['subject: Sure?, assignees: "${{ [\'a b\'] }}"', 'ask has in assignees what is no name: "a b"'],
    ['subject: Sure?, assignees: "${{ input.many }}"', 'ask has 101 people in assignees, more than 100'],
    ['subject: Sure?, requester: "${{ input.who }}"', 'ask has more than one requester'],
    ['subject: Sure?, required: 3, assignees: "${{ input.who }}"', 'ask needs 3 to approve, but only 2 may'],
    [
      'subject: Sure?, required: 2, assignees: "${{ input.who }}", requester: anna, fourEyes: true',
      'ask needs 2 to approve, but only 1 may',
    ],
  ])('%s', (approval, message) => {
    const many = Array.from({ length: 101 }, (_, index) => `p${index}`);
    const it = run(approval, { input: { who: ['anna', 'bob'], many } });
    expect(it.run).toMatchObject({ status: 'failed', error: { code: 'EXPRESSION', task: 'ask' } });
    expect(it.run.error?.message).toContain(message);
    expect(it.ledger.approvals.all.size).toBe(0);
  });

  test('those who come with the escalation count', () => {
    const it = run('subject: Sure?, required: 2, assignees: "${{ [input.by] }}", escalate: { after: 1h, to: boss }', {
      people: ({ assignees }) => assignees.map((by) => yes(by)),
    });
    expect(it.outputOf('ask')).toMatchObject({ decision: 'approved', by: 'boss' });
  });
});

describe('a run that closes', () => {
  test('closes what it asks: an answer comes too late', () => {
    const it = Interpreter.of(document('subject: Sure?, expire: 1h'), { people: says(yes('anna', 5_000)) });
    it.send({ kind: 'cancel', reason: null, by: null }, 2_000).toRest();
    expect(it.run.status).toBe('cancelled');
    expect(it.statusOf('ask')).toBe('cancelled');
    expect(it.ledger.approvals.find(0, '')).toMatchObject({ state: 'closed', answers: [] });
  });

  test('leaves a decision that nobody has looked at yet as it is', () => {
    const it = Interpreter.of(document('subject: Sure?'), {
      people: says(yes('anna', 1_999)),
      fates: losing(1),
    });
    it.send({ kind: 'cancel', reason: null, by: null }, 2_000).toRest();
    expect(it.statusOf('ask')).toBe('cancelled');
    expect(it.ledger.approvals.find(0, '')).toMatchObject({ state: 'decided' });
  });

  test('by a timeout closes it too', () => {
    const it = Interpreter.of(`timeout: 1m\n${document('subject: Sure?')}`).toRest();
    expect(it.run.error).toMatchObject({ code: 'TIMEOUT' });
    expect(it.ledger.approvals.find(0, '')).toMatchObject({ state: 'closed' });
  });

  test('recovering sets its alarm again, where it has one', () => {
    const alarms = (approval: string) =>
      Interpreter.of(document(approval))
        .decide([{ kind: 'recover' }])
        .messages.filter(({ kind }) => kind === 'alarm');
    expect(alarms('subject: Sure?, remind: 5m')).toHaveLength(1);
    expect(alarms('subject: Sure?')).toHaveLength(0);
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

describe('a ledger that contradicts itself', () => {
  const it = Interpreter.of(document('subject: Sure?'));
  const asked = it.task('ask') as TaskState;
  const decideOn = (loaded: Partial<Loaded>, row: TaskState) => () =>
    decide(
      it.workflow,
      { ...nothingLoaded(it.run), tasks: new Map([[keyOf(row.node, row.at), row]]), ...loaded },
      [{ kind: 'wake', node: row.node, at: row.at, fence: row.fence }],
      { now: it.now, units: [], limits: { maxInputBytes: 1_000, maxOutputBytes: 1_000, maxItems: 10 } },
    );

  test('a task that asks people, of whom nobody was asked', () => {
    expect(decideOn({}, asked)()).toMatchObject({ kind: 'wants', wants: { approvals: [{ node: 0, at: '' }] } });
    expect(decideOn({ approvals: new Map([['0:', null]]) }, asked)).toThrow('nobody was asked about 0:, though its row says so');
  });

  test('a row that asks people, of a task that does not', () => {
    expect(decideOn({}, { ...asked, node: 1 })).toThrow('1: asks people, its task does not');
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
