import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { BrokerError, type OutgoingMessage, type PublishOutcome } from '@reprise/broker';
import { type Alarm, decodeAlarm, names, shardOf } from '@reprise/contracts';
import { fence, runId, versionId } from '@reprise/core';
import { HoldAlarm } from './hold-alarm.js';

const ID = '018f3c2e-0000-7000-8000-000000000005';
const NOW = 1_700_000_000_000;
const due = (inMs: number): Alarm => ({
  run: runId(ID),
  version: versionId(ID),
  node: 1,
  at: '',
  fence: fence(2),
  dueAt: NOW + inMs,
});

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

function holding(outcome: PublishOutcome = { kind: 'confirmed' }) {
  const sent: OutgoingMessage[] = [];
  const started = performance.now();
  const clock = { now: () => NOW + performance.now() - started };
  const publisher = {
    publish: async (messages: readonly OutgoingMessage[]) => {
      sent.push(...messages);
      return messages.map(() => outcome);
    },
  };
  return { alarms: new HoldAlarm(clock, publisher, names('test')), sent };
}

describe('an alarm', () => {
  test.each([-60_000, -1])('that was due %p ms ago rings at once', async (inMs) => {
    const { alarms, sent } = holding();
    expect(await alarms.hold(due(inMs))).toBe('due');
    expect([sent.length, jest.getTimerCount()]).toEqual([0, 0]);
  });

  test('that comes early is held the rest, never less', async () => {
    const { alarms, sent } = holding();
    let rung: string | undefined;
    void alarms.hold(due(900)).then((how) => {
      rung = how;
    });
    await jest.advanceTimersByTimeAsync(900);
    expect(rung).toBeUndefined();
    await jest.advanceTimersByTimeAsync(1);
    expect(rung).toBe('due');
    expect(sent).toEqual([]);
  });

  test('that has more than a second to go goes round again, the same as it was', async () => {
    const { alarms, sent } = holding();
    const alarm = due(90_000);
    expect(await alarms.hold(alarm)).toBe('again');
    expect(sent).toMatchObject([{ exchange: 'test.delay.l3', routingKey: `1.5.0.0.s${shardOf(ID)}` }]);
    expect(decodeAlarm(Buffer.from(sent[0]?.body ?? ''))).toEqual({ kind: 'ok', value: alarm });
  });

  test('further away than the wheel is wide takes a full turn', async () => {
    const { alarms, sent } = holding();
    expect(await alarms.hold(due(86_400_000))).toBe('again');
    expect(sent).toMatchObject([{ exchange: 'test.delay.l3', routingKey: `f.f.0.0.s${shardOf(ID)}` }]);
  });

  test.each<PublishOutcome>([{ kind: 'failed', cause: new BrokerError('NACKED', 'full') }, { kind: 'returned' }])(
    'the wheel does not take (%j) is not acknowledged',
    async (outcome) => {
      await expect(holding(outcome).alarms.hold(due(90_000))).rejects.toThrow(/full|did not take/);
    },
  );
});
