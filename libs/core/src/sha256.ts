/** The first 32 bits of the fractions of the square (cube) roots of the first primes, as FIPS 180-4 has them. */
const fractions = (power: number, count: number): readonly number[] => {
  const primes: number[] = [];
  for (let candidate = 2; primes.length < count; candidate += 1) {
    if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate);
  }
  return primes.map((prime) => {
    const root = prime ** power;
    return Math.floor((root - Math.floor(root)) * 2 ** 32) | 0;
  });
};

const START = fractions(1 / 2, 8);
const ROUND = fractions(1 / 3, 64);

const rotate = (word: number, by: number): number => (word >>> by) | (word << (32 - by));

/** SHA-256 of an ASCII text as eight words of 32 bits. The core has no machine under it, so it brings its own. */
export function sha256(text: string): readonly number[] {
  const bytes = [...text].map((character) => character.charCodeAt(0) & 0x7f);
  const bits = bytes.length * 8;
  bytes.push(0x80);
  while (bytes.length % 64 !== 56) bytes.push(0);
  for (let shift = 56; shift >= 0; shift -= 8) bytes.push(shift >= 32 ? 0 : (bits >>> shift) & 0xff);
  let state = START;
  for (let offset = 0; offset < bytes.length; offset += 64) state = digestBlock(state, bytes.slice(offset, offset + 64));
  return state.map((word) => word >>> 0);
}

function digestBlock(state: readonly number[], block: readonly number[]): readonly number[] {
  const words = Array.from({ length: 16 }, (_, index) =>
    block.slice(index * 4, index * 4 + 4).reduce((word, byte) => (word << 8) | byte, 0),
  );
  const at = (index: number): number => words[index] as number;
  for (let index = 16; index < 64; index += 1) {
    const [early, late] = [at(index - 15), at(index - 2)];
    const sigma0 = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3);
    const sigma1 = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10);
    words.push((at(index - 16) + sigma0 + at(index - 7) + sigma1) | 0);
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as Eight;
  for (const [index, constant] of ROUND.entries()) {
    const sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const first = (h + sum1 + ((e & f) ^ (~e & g)) + constant + at(index)) | 0;
    const sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const second = (sum0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [a, b, c, d, e, f, g, h] = [(first + second) | 0, a, b, c, (d + first) | 0, e, f, g];
  }
  return [a, b, c, d, e, f, g, h].map((word, index) => (word + (state[index] as number)) | 0);
}

type Eight = readonly [number, number, number, number, number, number, number, number];
