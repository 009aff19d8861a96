import { describe, expect, test } from '@jest/globals';
import { PrintedLines } from './printed-lines.js';

function linesOf(...chunks: readonly (string | Buffer)[]): readonly string[] {
  const lines: string[] = [];
  const printed = new PrintedLines((line) => lines.push(line));
  for (const chunk of chunks) printed.add(Buffer.from(chunk));
  printed.end();
  return lines;
}

describe('what a program prints', () => {
  const euro = Buffer.from('a€b\n');
  test.each<[string, readonly (string | Buffer)[], readonly string[]]>([
    ['comes line by line, however it is cut', ['one\ntw', 'o\n', '\nthree\r\n'], ['one', 'two', '', 'three']],
    ['ends with a line that has no break', ['one\ntwo'], ['one', 'two']],
    ['keeps characters that are cut in two', [euro.subarray(0, 2), euro.subarray(2)], ['a€b']],
    ['says nothing where it is nothing', ['', ''], []],
    ['may be no text', [Buffer.from([0xff, 0x0a])], ['\ufffd']],
  ])('%s', (_, chunks, expected) => {
    expect(linesOf(...chunks)).toEqual(expected);
  });

  test('without a line break is cut, and goes on with the next line', () => {
    const [first, ...rest] = linesOf('x'.repeat(10_000), 'y'.repeat(10_000), 'z'.repeat(100_000), 'end\nnext\n');
    expect([first?.length, rest]).toEqual([16_000, ['next']]);
  });
});
