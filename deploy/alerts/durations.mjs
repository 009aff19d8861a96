// Durations of rules. A test shortens all of them by one factor, so that the very table that ships is what it tests.

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * @typedef {object} Durations
 * @property {(text: string) => string} span A range or a wait as PromQL writes it.
 * @property {(text: string) => number} seconds The same as a number that is compared with.
 */

/** @param {number} factor 1 as it ships; 1/60 makes seconds of minutes. @returns {Durations} */
export function durations(factor) {
  const seconds = (/** @type {string} */ text) => (factor * toMs(text)) / 1_000;
  const span = (/** @type {string} */ text) => (factor === 1 ? text : `${Math.round(seconds(text) * 1_000)}ms`);
  return { span, seconds };
}

/** @param {string} text */
function toMs(text) {
  const [, amount = '', unit = ''] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const ms = Number(amount) * UNIT_MS[/** @type {keyof typeof UNIT_MS} */ (unit)];
  if (amount === '' || Number.isNaN(ms)) throw new Error(`no duration: ${text}`);
  return ms;
}
