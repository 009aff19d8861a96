import { randomFillSync, randomUUID } from 'node:crypto';

/** The only source of time and randomness; everything else takes them as values. */
export interface Clock {
  /** Epoch milliseconds of this machine. Never compare it with a lease: leases are Postgres time. */
  now(): number;
  /** Milliseconds since an arbitrary start; never goes back, not even when the machine's clock is set. */
  monotonicMs(): number;
  /** A uniform random number in [0, 1). */
  unit(): number;
  /** A random UUID (version 4). */
  uuid(): string;
  /** A UUID (version 7, RFC 9562): sorts by creation time, strictly increasing within this process. */
  uuidv7(): string;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/**
 * UUIDv7 with RFC 9562 §6.2 method 1: the 12 bits after the version are a counter, seeded at random (top bit 0) every
 * millisecond. A clock that stands still or goes back keeps counting; a full counter borrows the next millisecond.
 */
export function uuidv7Source(now: () => number, fill: (bytes: Uint8Array) => void): () => string {
  const pool = new Uint8Array(4_096);
  let at = pool.length;
  let lastMs = -1;
  let counter = 0;
  return () => {
    if (at + 10 > pool.length) {
      fill(pool);
      at = 0;
    }
    const byte = (offset: number): number => pool[at + offset] ?? 0;
    const ms = now();
    if (ms > lastMs) {
      lastMs = ms;
      counter = ((byte(8) & 0x07) << 8) | byte(9);
    } else if (++counter > 0xfff) {
      lastMs += 1;
      counter = ((byte(8) & 0x07) << 8) | byte(9);
    }
    const time = lastMs.toString(16).padStart(12, '0');
    const sequence = counter.toString(16).padStart(3, '0');
    const pair = (offset: number): string => HEX[byte(offset)] ?? '';
    const variant = HEX[(byte(0) & 0x3f) | 0x80] ?? '';
    at += 10;
    return `${time.slice(0, 8)}-${time.slice(8)}-7${sequence}-${variant}${pair(1)}-${pair(2)}${pair(3)}${pair(4)}${pair(5)}${pair(6)}${pair(7)}`;
  };
}

export function createSystemClock(): Clock {
  return {
    now: () => Date.now(),
    monotonicMs: () => performance.now(),
    unit: () => Math.random(),
    uuid: () => randomUUID(),
    uuidv7: uuidv7Source(
      () => Date.now(),
      (bytes) => void randomFillSync(bytes),
    ),
  };
}

/** One per process, so that its UUIDv7s increase strictly across all services in it. */
export const systemClock: Clock = Object.freeze(createSystemClock());

export interface FixedClock extends Clock {
  /** Moves both clocks forward. */
  advance(ms: number): void;
}

/** A clock for tests: time moves only by `advance`, ids and numbers are the same every time. */
export function fixedClock(start: { now?: number; unit?: number } = {}): FixedClock {
  let now = start.now ?? Date.UTC(2030, 0, 1);
  let elapsed = 0;
  let seed = 0;
  const fill = (bytes: Uint8Array): void => {
    for (let index = 0; index < bytes.length; index++) {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      bytes[index] = seed >> 8;
    }
  };
  let ids = 0;
  return {
    now: () => now,
    monotonicMs: () => elapsed,
    unit: () => start.unit ?? 0.5,
    uuid: () => `00000000-0000-4000-8000-${(++ids).toString(16).padStart(12, '0')}`,
    uuidv7: uuidv7Source(() => now, fill),
    advance(ms) {
      now += ms;
      elapsed += ms;
    },
  };
}
