import { describe, expect, test } from '@jest/globals';
import type { People, TestedRun } from '@reprise/worker/testing';
import { DAY, HOUR, SECOND, tester } from './play.js';

const paths = (run: TestedRun): readonly string[] => run.calls().map(({ task }) => task);

describe('an expense', () => {
  const input = { id: 'e1', amount: 900, manager: 'mona', employee: 'emil' };
  const expense = (given: Partial<typeof input> = {}, people?: People) =>
    tester('expense-approval', {
      handlers: { 'bank.pay': null, 'mail.send': null },
      ...(people === undefined ? {} : { people }),
    }).run({ ...input, ...given });

  test('that is small is paid at once: nobody is asked', async () => {
    const run = await expense({ amount: 50 });
    expect([run.output, paths(run), run.task('ask').status]).toEqual([{ paid: true }, ['pay'], 'skipped']);
    expect(run.tookMs).toBeLessThan(SECOND);
  });

  test('that is large is paid as soon as the manager agrees, and not before', async () => {
    const run = await expense();
    expect(run.waitingFor).toMatchObject([{ kind: 'approval', subject: 'Pay 900 to emil?', assignees: ['mona'] }]);
    await run.advance('20h');
    expect(paths(run)).toEqual([]);
    await run.approve('ask', { by: 'mona' });
    expect([run.output, paths(run)]).toEqual([{ paid: true }, ['pay']]);
    expect(run.task('pay').input).toEqual({ expense: 'e1', amount: 900, to: 'emil' });
    expect(run.tookMs).toBeGreaterThanOrEqual(20 * HOUR);
    expect(run.tookMs).toBeLessThan(20 * HOUR + SECOND);
  });

  test('that is refused is not paid; the employee hears by whom, and the run has not failed', async () => {
    const run = await expense();
    await run.reject('ask', { by: 'mona' });
    expect([run.status, run.output, paths(run)]).toEqual(['succeeded', { paid: false }, ['refuse']]);
    expect(run.task('refuse').input).toEqual({ to: 'emil', text: 'mona says no' });
  });

  test('cannot be agreed to by somebody who was not asked', async () => {
    const run = await expense();
    await expect(run.approve('ask', { by: 'finance' })).rejects.toThrow('finance may not decide about "ask"; who may: mona');
    expect((await run.toEnd()).output).toEqual({ paid: false });
  });

  test('that managers want for themselves is not paid because they agree: only those who are asked later may say so', async () => {
    const run = await expense({ employee: 'mona' });
    await expect(run.approve('ask', { by: 'mona' })).rejects.toThrow('mona may not decide');
    await run.advance('49h');
    await run.approve('ask', { by: 'finance' });
    expect(run.output).toEqual({ paid: true });
  });

  test('that nobody looks at is brought up again, then others are asked, then it counts as refused', async () => {
    const heard: (readonly [string, number])[] = [];
    const run = await expense({}, ({ told, assignees }) => {
      heard.push([told, assignees.length]);
      return null;
    });
    await run.toEnd();
    expect(heard).toEqual([
      ['requested', 1],
      ['reminded', 1],
      ['escalated', 2],
      ['reminded', 2],
    ]);
    expect(run.task('refuse').input).toMatchObject({ text: 'nobody answered in time' });
    expect(run.tookMs).toBeGreaterThanOrEqual(3 * DAY);
  });

  test('may be decided by those who were asked later', async () => {
    const run = await expense({}, ({ told }) => (told === 'escalated' ? { by: 'finance', decision: 'approved' } : null));
    expect((await run.toEnd()).output).toEqual({ paid: true });
    expect(run.tookMs).toBeLessThan(2 * DAY + HOUR);
  });
});

describe('a state machine driven by signals', () => {
  const machine = () => tester('signal-state-machine').run({ order: 'o1' });
  const signal = (name: string, order = 'o1') => ({ type: `signal.${name}`, data: { order } });

  test('goes from state to state, and says so each time', async () => {
    const run = await machine();
    for (const name of ['pay', 'ship', 'deliver']) await (await run.publish(signal(name))).advance('1d');
    expect([run.status, run.output]).toEqual(['succeeded', 'delivered']);
    expect(run.emitted.map(({ type, subject, data }) => [type, subject, data])).toEqual([
      ['order.paid', 'o1', { from: 'placed' }],
      ['order.shipped', 'o1', { from: 'paid' }],
      ['order.delivered', 'o1', { from: 'shipped' }],
    ]);
  });

  test('stays where it is for a signal that does not fit its state, and says nothing', async () => {
    const run = await machine();
    for (const name of ['ship', 'pay', 'pay', 'dance', 'cancel']) await (await run.publish(signal(name))).advance('1h');
    expect([run.status, run.output]).toEqual(['succeeded', 'cancelled']);
    expect(run.emitted.map(({ type }) => type)).toEqual(['order.paid', 'order.cancelled']);
    expect(run.task('machine[1].tell').status).toBe('skipped');
  });

  test('loses no signal that comes faster than it can follow, and takes each once, in order', async () => {
    const run = await machine();
    await run.publish(signal('pay'), signal('ship'), signal('deliver'));
    expect(run.output).toBe('delivered');
    expect([1, 2, 3].map((round) => run.task(`machine[${round}]`).output)).toEqual([
      { state: 'paid' },
      { state: 'shipped' },
      { state: 'delivered' },
    ]);
  });

  test('does not hear what is meant for another order', async () => {
    const run = await (await (await machine()).publish(signal('pay', 'o2'))).advance('1d');
    expect([run.task('machine[1].signal').status, run.emitted]).toEqual(['waiting', []]);
  });

  test('that hears nothing for two weeks fails in the state it is in', async () => {
    const run = await (await (await machine()).publish(signal('pay'))).toEnd();
    expect([run.status, run.error]).toMatchObject(['failed', { code: 'TIMEOUT', task: 'machine[2].signal' }]);
    expect(run.tookMs).toBeGreaterThanOrEqual(14 * DAY);
  });
});
