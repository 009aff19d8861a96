import { describe, expect, test } from '@jest/globals';
import { type RunId, runId } from '@reprise/core';
import { attemptSpanId, runSpanId, taskSpanId, traceIdOf } from './span-ids.js';
import { readTraceContext, traceHeaders } from './trace-context.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const RUN: RunId = runId('01890000-0000-7000-8000-000000000001');

describe('a trace context', () => {
  test('is read as W3C writes it, and written so', () => {
    const headers = { traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: 'a=1,b=2' };
    expect(readTraceContext(headers)).toEqual({ traceId: TRACE, spanId: SPAN, sampled: true, state: 'a=1,b=2' });
    expect(traceHeaders({ id: TRACE, parent: null, sampled: true, state: 'a=1,b=2' }, SPAN)).toEqual(headers);
    expect(traceHeaders({ id: TRACE, parent: null, sampled: false }, SPAN)).toEqual({ traceparent: `00-${TRACE}-${SPAN}-00` });
  });

  test('of a later version is read as far as it is known; other flags than `sampled` are left out', () => {
    expect(readTraceContext({ traceparent: `01-${TRACE}-${SPAN}-03-more` })).toMatchObject({ traceId: TRACE, sampled: true });
    expect(readTraceContext({ traceparent: `00-${TRACE}-${SPAN}-02` })).toMatchObject({ sampled: false });
  });

  test.each([
    [undefined],
    [7],
    [''],
    [`00-${TRACE}-${SPAN}`],
    [`00-${TRACE}-${SPAN}-01-more`],
    [`ff-${TRACE}-${SPAN}-01`],
    [`00-${TRACE.toUpperCase()}-${SPAN}-01`],
    [`00-${'0'.repeat(32)}-${SPAN}-01`],
    [`00-${TRACE}-${'0'.repeat(16)}-01`],
    [`00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`],
  ])('that is none is none: %j', (traceparent) => {
    expect(readTraceContext({ traceparent, tracestate: 'a=1' })).toBeNull();
  });

  test.each([['x'.repeat(513)], ['a=\u0000'], [7]])('keeps no state that could not be passed on', (tracestate) => {
    expect(readTraceContext({ traceparent: `00-${TRACE}-${SPAN}-01`, tracestate })).not.toHaveProperty('state');
  });
});

test('ids of spans are the same for the same, and differ for what differs', () => {
  const address = { node: 1, at: '3.0' };
  const ids = [
    runSpanId(RUN, 0),
    runSpanId(RUN, 1),
    taskSpanId(RUN, address, 0),
    taskSpanId(RUN, address, 1),
    taskSpanId(RUN, { node: 13, at: '.0' }, 0),
    attemptSpanId(RUN, address, 1),
    attemptSpanId(RUN, address, 2),
    ...Array.from({ length: 20_000 }, (_, index) => attemptSpanId(RUN, { node: 1, at: String(index) }, 1)),
  ];
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{16}$/);
  // Schedulers of two versions may work side by side: what they make of one run must fit together.
  expect([runSpanId(RUN, 0), taskSpanId(RUN, address, 0), traceIdOf(RUN)]).toEqual([
    '98eb0efe3d1a68f2',
    'f449aa1893d92ae2',
    '01890000000070008000000000000001',
  ]);
});
