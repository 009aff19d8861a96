import type { Why } from '../../retry/index.js';

/** Why an attempt is made, whatever has put it back since. A hold that was written before it kept this tells nothing else. */
export const underHolds = (why: Why | null): Why | null =>
  why?.reason === 'hold' && why.before !== undefined ? underHolds(why.before) : why;

/** The same, of one that a breaker has let through. */
export const underRelease = (why: Why | null): Why | null => (why?.reason === 'released' ? underRelease(why.before) : why);
