import type { Address, RunId } from '@reprise/core';

/**
 * Ids of spans are made from what they are about, never drawn: whoever makes the span again (after a crash, from a message that came
 * twice, on another machine) makes the same one.
 */

/** `again`: how often the run was taken up again, for then it ends once more. */
export const runSpanId = (run: RunId, again: number): string => spanId(`run ${run}${suffix(again)}`);

export const taskSpanId = (run: RunId, { node, at }: Address, again: number): string =>
  spanId(`task ${run} ${node} ${at}${suffix(again)}`);

/** Attempts of an instance are counted on when its run is taken up again. */
export const attemptSpanId = (run: RunId, { node, at }: Address, attempt: number): string =>
  spanId(`attempt ${run} ${node} ${at} ${attempt}`);

/** Of what was received, known by what it can be told from others by. */
export const acceptSpanId = (received: string): string => spanId(`accept ${received}`);

/** Of a run that nobody's trace led to: 32 hex digits, so that either leads to the other. */
export const traceIdOf = (run: RunId): string => run.replaceAll('-', '');

const suffix = (again: number): string => (again === 0 ? '' : `#${again}`);

/** cyrb53's two lanes of 32 bits (bryc, public domain), both kept. A run's id has all the randomness there is; nobody is to be kept from guessing. */
function spanId(text: string): string {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    high = Math.imul(high ^ code, 2_654_435_761);
    low = Math.imul(low ^ code, 1_597_334_677);
  }
  high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
  low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909);
  const id = hex(high) + hex(low);
  // The one id that means none.
  return id === '0000000000000000' ? '0000000000000001' : id;
}

const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');
