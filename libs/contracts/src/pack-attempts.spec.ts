import { describe, expect, test } from '@jest/globals';
import { fence, runId, versionId } from '@reprise/core';
import fc from 'fast-check';
import { type AttemptTicket, decodeAttempts, encodeAttempts } from './attempt-message.js';
import type { Outgoing } from './outgoing.js';
import { packAttempts } from './pack-attempts.js';

const RUN = runId('018f3c2e-0000-7000-8000-000000000005');
const ticketOf = (call: string, number: number): AttemptTicket => ({
  run: RUN,
  version: versionId(RUN),
  workflow: 'w',
  node: number,
  at: '',
  path: 'a',
  call,
  attempt: 1,
  fence: fence(1),
});
const dispatch = (lane: string, call: string, number: number): Outgoing => {
  const ticket = ticketOf(call, number);
  return { exchange: 'attempts', routingKey: lane, body: encodeAttempts([ticket]), tickets: [ticket] };
};
const several = (count: number, lane = 'default', call = 'quick'): readonly Outgoing[] =>
  Array.from({ length: count }, (_, number) => dispatch(lane, call, number));
const isQuick = (_: string, call: string): boolean => call === 'quick';
const sizes = (packed: readonly Outgoing[]): readonly number[] => packed.map(({ tickets = [] }) => tickets.length);

describe('attempts that are told at once', () => {
  test('share messages, 16 at most, and stay in their order', () => {
    const packed = packAttempts(several(70), isQuick);
    expect(sizes(packed)).toEqual([16, 16, 16, 16, 6]);
    expect(packed.flatMap(({ tickets = [] }) => tickets.map(({ node }) => node))).toEqual(
      Array.from({ length: 70 }, (_, n) => n),
    );
    for (const { body, tickets } of packed) expect(decodeAttempts(Buffer.from(body))).toEqual({ kind: 'ok', value: tickets });
  });

  test.each([
    [1, [1]],
    [7, [1, 1, 1, 1, 1, 1, 1]],
    [8, [2, 2, 2, 2]],
    [20, [5, 5, 5, 5]],
  ])('%d of them leave messages for several executors', (count, expected) => {
    expect(sizes(packAttempts(several(count), isQuick))).toEqual(expected);
  });

  test('travel alone when their call is not quick, or they have headers of their own', () => {
    const slow = several(40, 'default', 'slow');
    expect(packAttempts(slow, isQuick)).toBe(slow);
    const traced = several(40).map((message) => ({ ...message, headers: { traceparent: 'x' } }));
    expect(packAttempts(traced, isQuick)).toBe(traced);
  });

  test('that share a lane nobody has declared share the message to its queue too', () => {
    const inLane = several(8, 'default.retry').map((message) => ({
      ...message,
      otherwise: { ...message, routingKey: 'default' },
    }));
    const [first] = packAttempts(inLane, isQuick);
    expect(first?.otherwise).toMatchObject({ routingKey: 'default', body: first?.body, tickets: first?.tickets });
  });

  test('are all there once, each in its lane, and nothing else is touched or moved', () => {
    const any = fc.record({ lane: fc.constantFrom('a', 'b', 'b.retry'), call: fc.constantFrom('quick', 'slow', 'none') });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 200 }), (drawn) => {
        const outgoing = drawn.map(({ lane, call }, number) =>
          call === 'none' ? { exchange: 'inbox', routingKey: '0', body: String(number) } : dispatch(lane, call, number),
        );
        const packed = packAttempts(outgoing, isQuick);
        const others = (all: readonly Outgoing[]) => all.filter(({ tickets }) => tickets?.[0]?.call !== 'quick');
        expect(others(packed)).toEqual(others(outgoing));
        for (const lane of ['a', 'b', 'b.retry']) {
          const quickOf = (all: readonly Outgoing[]) =>
            all.filter(({ routingKey, tickets }) => routingKey === lane && tickets?.[0]?.call === 'quick');
          const told = quickOf(outgoing);
          expect(quickOf(packed).flatMap(({ tickets = [] }) => tickets)).toEqual(told.flatMap(({ tickets = [] }) => tickets));
          expect(quickOf(packed).length).toBeGreaterThanOrEqual(Math.min(4, told.length));
          for (const size of sizes(quickOf(packed))) expect(size).toBeLessThanOrEqual(16);
        }
        // What has been packed is left as it is.
        expect(packAttempts(packed, () => false)).toBe(packed);
      }),
    );
  });
});
