/**
 * The delay wheel: a delay in units of 16 ms, written as four hexadecimal digits, rounded DOWN to its two highest.
 * Level `l` has a queue per digit `d` with a TTL of `d · 16^l · 16 ms`; what expires there falls to the level below.
 * Radix 16 after NServiceBus' binary ladder (DelayInfrastructure.cs): two hops where that needs up to 28.
 */
export const WHEEL_UNIT_MS = 16;
export const WHEEL_RADIX = 16;
export const WHEEL_LEVELS = 4;

/** How many levels of the wheel are declared; 0 is a topology without a wheel. */
export type WheelLevels = 0 | 1 | 2 | 3 | 4;

export type WheelRoute =
  /** Shorter than one unit: wait in the process, or not at all. */
  | { readonly kind: 'now' }
  /**
   * Publish to the delay exchange of `exchangeLevel` with `routingKey`. It comes out after `effectiveMs`, never more than
   * asked for; the receiver holds or re-arms the rest.
   */
  | { readonly kind: 'wheel'; readonly exchangeLevel: number; readonly routingKey: string; readonly effectiveMs: number };

/** The longest delay of one pass: two digits `ff` at the top levels (1,044,480 ms with all four). */
export function wheelMaxMs(levels: WheelLevels = WHEEL_LEVELS): number {
  return roundToTwoDigits(WHEEL_RADIX ** levels - 1) * WHEEL_UNIT_MS;
}

/** The TTL of queue `digit` (1–15) at `level` (0–3), in milliseconds. */
export function wheelTtlMs(level: number, digit: number): number {
  return digit * WHEEL_RADIX ** level * WHEEL_UNIT_MS;
}

/**
 * Where a message must be published to come back in about `delayMs`.
 * `delayMs - effectiveMs` is less than `max(16 ms, delayMs / 16)` up to `wheelMaxMs`; longer delays take one full pass
 * and the receiver sends them round again. Not a number or negative counts as now.
 */
export function wheelRoute(delayMs: number, shard: number, levels: WheelLevels = WHEEL_LEVELS): WheelRoute {
  if (!(delayMs >= WHEEL_UNIT_MS) || levels === 0) return { kind: 'now' };
  const cappedMs = Math.min(delayMs, wheelMaxMs(levels));
  const units = roundToTwoDigits(Math.floor(cappedMs / WHEEL_UNIT_MS));
  const hex = units.toString(WHEEL_RADIX);
  const digits = hex.padStart(WHEEL_LEVELS, '0').split('').join('.');
  return { kind: 'wheel', exchangeLevel: hex.length - 1, routingKey: `${digits}.s${shard}`, effectiveMs: units * WHEEL_UNIT_MS };
}

/** The shard at the end of a timer's routing key (`0.0.5.d.s3` → 3), or null when there is none. */
export function shardOfTimer(routingKey: string): number | null {
  const found = /\.s(\d{1,4})$/.exec(routingKey);
  return found ? Number(found[1]) : null;
}

function roundToTwoDigits(units: number): number {
  let step = 1;
  while (step * WHEEL_RADIX * WHEEL_RADIX <= units) step *= WHEEL_RADIX;
  return Math.floor(units / step) * step;
}
