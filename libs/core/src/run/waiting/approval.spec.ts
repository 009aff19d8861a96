import { describe, expect, test } from '@jest/globals';
import { Interpreter } from '@reprise/testing';
import { document, HOUR, listening, losing, no, run, says, yes } from '../../../test/asked-people.js';
import { keyOf } from '../../address.js';
import { decide } from '../decide.js';
import { type Loaded, nothingLoaded } from '../state/decision.js';
import type { TaskState } from '../state/task-state.js';

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
