import path from 'node:path';
import type { Source } from './sources.js';

const IMPORTED = /\bfrom '(\.{1,2}\/[^']+)\.js'/g;

/** Folders of one package, side by side, that need each other: `a ↔ b`. A folder and the one it lies in may. */
export function roomCircles(sources: readonly Source[]): readonly string[] {
  const needed = new Map<string, Set<string>>();
  for (const source of sources) {
    const room = path.posix.dirname(source.path);
    const others = needed.get(room) ?? new Set();
    needed.set(room, others);
    for (const [, imported = ''] of source.text.matchAll(IMPORTED))
      others.add(path.posix.dirname(path.posix.join(room, imported)));
  }
  return [...needed].flatMap(([room, others]) =>
    [...others]
      .filter((other) => room < other && !other.startsWith(`${room}/`) && needed.get(other)?.has(room))
      .map((other) => `${room} ↔ ${other}`),
  );
}
