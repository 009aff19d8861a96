import type { Place } from './actor.js';

/** How the first attempt is disturbed, and when. */
export interface Scenario {
  readonly name: string;
  /** `none`: not at all. `dies`: its process is gone. `late`: it sleeps until the second has finished, `beside`: until the second is as far. */
  readonly kind: 'none' | 'dies' | 'late' | 'beside';
  readonly place: Place | null;
}

export const UNDISTURBED: Scenario = { name: 'nothing disturbs it', kind: 'none', place: null };

/** Every scenario for an attempt that does these things, one after the other. */
export function scenariosOf(points: readonly string[]): readonly Scenario[] {
  const at = points.flatMap((name, index): readonly Scenario[] => {
    const time = points.slice(0, index + 1).filter((each) => each === name).length;
    const where = time === 1 ? name : `${name} (its ${time}. time)`;
    const [before, after] = [{ name, time, side: 'before' } as const, { name, time, side: 'after' } as const];
    return [
      { name: `the first attempt dies before ${where}`, kind: 'dies', place: before },
      { name: `the first attempt dies after ${where}`, kind: 'dies', place: after },
      { name: `the first attempt sleeps before ${where} until the second has finished`, kind: 'late', place: before },
      { name: `the first attempt sleeps after ${where} until the second has finished`, kind: 'late', place: after },
      { name: `two attempts are before ${where} at the same time`, kind: 'beside', place: before },
    ];
  });
  return [{ name: 'the first attempt succeeds, and its outcome is lost', kind: 'dies', place: 'end' }, ...at];
}
