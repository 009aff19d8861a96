import { describe, expect, test } from '@jest/globals';
import type { InterpreterOptions, SimulatedPeople, SimulatedRequest } from '@reprise/testing';
import { begin, calls, DAY, given, HOUR, play, SECOND, tookMs } from './play.js';

describe('an expense', () => {
  const expense = (amount: number, people: SimulatedPeople = () => []) =>
    play('expense-approval', { input: { id: 'e1', amount, manager: 'mona', employee: 'emil' }, people });
  const says =
    (by: string, decision: 'approved' | 'rejected', afterMs: number): SimulatedPeople =>
    ({ told }) =>
      told === 'requested' ? [{ by, decision, afterMs }] : [];

  test('that is small is paid at once: nobody is asked', () => {
    const run = expense(50);
    expect([run.output, calls(run), run.statusOf('ask')]).toEqual([{ paid: true }, ['pay'], 'skipped']);
    expect(tookMs(run)).toBeLessThan(SECOND);
  });

  test('that is large is paid as soon as the manager agrees, and not before', () => {
    const run = expense(900, says('mona', 'approved', 20 * HOUR));
    expect([run.output, calls(run)]).toEqual([{ paid: true }, ['pay']]);
    expect(given(run, 'pay')).toEqual({ expense: 'e1', amount: 900, to: 'emil' });
    expect(tookMs(run)).toBeGreaterThanOrEqual(20 * HOUR);
    expect(tookMs(run)).toBeLessThan(21 * HOUR);
  });

  test('that is refused is not paid; the employee hears by whom, and the run has not failed', () => {
    const run = expense(900, says('mona', 'rejected', HOUR));
    expect([run.run.status, run.output, calls(run)]).toEqual(['succeeded', { paid: false }, ['refuse']]);
    expect(given(run, 'refuse')).toEqual({ to: 'emil', text: 'mona says no' });
  });

  test('cannot be agreed to by somebody who was not asked', () => {
    expect(expense(900, says('finance', 'approved', HOUR)).output).toEqual({ paid: false });
  });

  test('that managers want for themselves is not paid because they agree: only those who are asked later may say so', () => {
    const input = { id: 'e1', amount: 900, manager: 'mona', employee: 'mona' };
    const own = (people: SimulatedPeople) => play('expense-approval', { input, people }).output;
    expect(own(says('mona', 'approved', HOUR))).toEqual({ paid: false });
    expect(own(({ told }) => (told === 'escalated' ? [{ by: 'finance', decision: 'approved' }] : []))).toEqual({ paid: true });
  });

  test('that nobody looks at is brought up again, then others are asked, then it counts as refused', () => {
    const heard: SimulatedRequest[] = [];
    const run = expense(900, (request) => {
      heard.push(request);
      return [];
    });
    expect(heard.map(({ told, assignees }) => [told, assignees.length])).toEqual([
      ['requested', 1],
      ['reminded', 1],
      ['escalated', 2],
      ['reminded', 2],
    ]);
    expect(given(run, 'refuse')).toMatchObject({ text: 'nobody answered in time' });
    expect(tookMs(run)).toBeGreaterThanOrEqual(3 * DAY);
  });

  test('may be decided by those who were asked later', () => {
    const people: SimulatedPeople = ({ told }) => (told === 'escalated' ? [{ by: 'finance', decision: 'approved' }] : []);
    expect(expense(900, people).output).toEqual({ paid: true });
  });
});

describe('a state machine driven by signals', () => {
  const options: InterpreterOptions = { input: { order: 'o1' } };
  const signal = (name: string, order = 'o1') => ({ type: `signal.${name}`, data: { order } });

  test('goes from state to state, and says so each time', () => {
    const run = begin('signal-state-machine', options);
    for (const name of ['pay', 'ship', 'deliver']) run.event(signal(name)).advance(DAY);
    expect([run.run.status, run.output]).toEqual(['succeeded', 'delivered']);
    expect(run.published.map(({ type, subject, data }) => [type, subject, data])).toEqual([
      ['order.paid', 'o1', { from: 'placed' }],
      ['order.shipped', 'o1', { from: 'paid' }],
      ['order.delivered', 'o1', { from: 'shipped' }],
    ]);
  });

  test('stays where it is for a signal that does not fit its state, and says nothing', () => {
    const run = begin('signal-state-machine', options);
    for (const name of ['ship', 'pay', 'pay', 'dance', 'cancel']) run.event(signal(name)).advance(HOUR);
    expect([run.run.status, run.output]).toEqual(['succeeded', 'cancelled']);
    expect(run.published.map(({ type }) => type)).toEqual(['order.paid', 'order.cancelled']);
    expect(run.statusOf('machine[1].tell')).toBe('skipped');
  });

  test('loses no signal that comes faster than it can follow, and takes each once, in order', () => {
    const run = begin('signal-state-machine', options);
    for (const name of ['pay', 'ship', 'deliver']) run.event(signal(name));
    expect(run.toRest().output).toBe('delivered');
    expect([1, 2, 3].map((round) => run.outputOf(`machine[${round}]`))).toEqual([
      { state: 'paid' },
      { state: 'shipped' },
      { state: 'delivered' },
    ]);
  });

  test('does not hear what is meant for another order', () => {
    const run = begin('signal-state-machine', options).event(signal('pay', 'o2')).advance(DAY);
    expect([run.statusOf('machine[1].signal'), run.published]).toEqual(['waiting', []]);
  });

  test('that hears nothing for two weeks fails in the state it is in', () => {
    const run = begin('signal-state-machine', options).event(signal('pay')).toRest();
    expect(run.run).toMatchObject({ status: 'failed', error: { code: 'TIMEOUT', task: 'machine[2].signal' } });
    expect(tookMs(run)).toBeGreaterThanOrEqual(14 * DAY);
  });
});
