import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { CapturedOutput } from './captured-output.js';

const GAP = /^([\s\S]*)\n… \[(\d+) bytes left out\] …\n([\s\S]*)$/;

test('what a program writes is kept whole, or as its beginning and its end in whole characters with the gap counted', () => {
  const writing = fc.array(fc.string({ unit: fc.constantFrom('a', 'ü', '…', '😀', '\n'), maxLength: 40 }), { maxLength: 20 });
  fc.assert(
    fc.property(writing, fc.integer({ min: 2, max: 100 }), fc.integer({ min: 1, max: 7 }), (lines, maximumBytes, chunkBytes) => {
      const bytes = Buffer.from(lines.join(''));
      const captured = new CapturedOutput(maximumBytes);
      for (let at = 0; at < bytes.length; at += chunkBytes) captured.add(bytes.subarray(at, at + chunkBytes));
      const text = captured.text();
      expect(captured.text()).toBe(text);
      if (bytes.length <= Math.floor(maximumBytes / 2) * 2) return expect(text).toBe(bytes.toString());
      const [, head = '', left = '', tail = ''] = GAP.exec(text) ?? [];
      expect(text).not.toContain('�');
      expect(bytes.toString().startsWith(head) && bytes.toString().endsWith(tail)).toBe(true);
      expect(Buffer.byteLength(head) + Number(left) + Buffer.byteLength(tail)).toBe(bytes.length);
      expect(Buffer.byteLength(head) + Buffer.byteLength(tail)).toBeLessThanOrEqual(maximumBytes);
    }),
    { numRuns: 500 },
  );
});
