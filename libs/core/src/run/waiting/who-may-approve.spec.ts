import { describe, expect, test } from '@jest/globals';
import { listening, no, run, says, yes } from '../../../test/asked-people.js';

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
