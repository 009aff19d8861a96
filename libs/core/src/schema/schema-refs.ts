import type { Json } from '../json.js';
import type { SchemaProblem } from './check-schema.js';
import { IN_PLACE } from './keywords.js';

export type SchemaMap = { readonly [key: string]: Json };
type Path = readonly (string | number)[];

/** Schemas that may judge one value together; more would make a small document expensive for every input. */
const MAX_IN_PLACE = 1_000;

interface Place {
  readonly path: Path;
  readonly pointer: string;
  readonly schema: SchemaMap;
}

/** Where the `$ref`s of a schema lead; `$ref` never leaves the document, so nothing is fetched. */
export class SchemaRefs {
  private readonly places = new Map<string, Place>();
  private readonly refs: { readonly path: Path; readonly target: string; readonly pointer: string | null }[] = [];

  add(path: Path, schema: SchemaMap): void {
    const pointer = pointerOf(path);
    this.places.set(pointer, { path, pointer, schema });
  }

  refer(path: Path, target: string): void {
    this.refs.push({ path, target, pointer: readPointer(target) });
  }

  check(): SchemaProblem[] {
    const lost = this.refs.filter(({ pointer }) => pointer === null || !this.places.has(pointer));
    if (lost.length > 0)
      return lost.map(({ path, target }) => ({
        path,
        message: `\`$ref\` leads nowhere: ${JSON.stringify(target)}`,
        hint: 'it must be like "#/$defs/NAME", inside this schema',
      }));
    const counts = new Map<string, number>();
    for (const place of this.places.values()) {
      const count = this.count(place, counts, 0);
      if (count === Number.POSITIVE_INFINITY)
        return [
          {
            path: this.pathOfFirstRef(place),
            message: '`$ref` goes round in a circle',
            hint: 'at least one step must lead into a property or an item',
          },
        ];
      if (count > MAX_IN_PLACE)
        return [
          {
            path: this.pathOfFirstRef(place),
            message: `more than ${MAX_IN_PLACE} schemas would judge one value`,
            hint: 'make it simpler',
          },
        ];
    }
    return [];
  }

  /** Schemas that judge one value when this one does; infinite for a circle. */
  private count(place: Place, counts: Map<string, number>, depth: number): number {
    const { pointer } = place;
    const known = counts.get(pointer);
    if (known !== undefined) return known;
    if (depth > MAX_IN_PLACE) return depth;
    // Met again before it is finished: a circle.
    counts.set(pointer, Number.POSITIVE_INFINITY);
    let count = 1;
    for (const next of this.inPlace(place)) count += this.count(next, counts, depth + 1);
    counts.set(pointer, count);
    return count;
  }

  private inPlace({ pointer, schema }: Place): readonly Place[] {
    const { $ref } = schema;
    const target = typeof $ref === 'string' ? readPointer($ref) : null;
    const pointers = target === null ? [] : [target];
    for (const keyword of IN_PLACE) {
      const value = schema[keyword];
      const below = `${pointer}/${keyword}`;
      pointers.push(below);
      if (!this.places.has(below) && typeof value === 'object' && value !== null)
        pointers.push(...Object.keys(value).map((key) => `${below}/${escapeStep(key)}`));
    }
    return pointers.flatMap((next) => this.places.get(next) ?? []);
  }

  private pathOfFirstRef(place: Place): Path {
    const within = this.refs.find(({ path }) => pointerOf(path).startsWith(`${place.pointer}/`));
    return (within ?? place).path;
  }
}

const pointerOf = (path: Path): string => path.map((step) => `/${escapeStep(String(step))}`).join('');

const escapeStep = (step: string): string => step.replaceAll('~', '~0').replaceAll('/', '~1');

/** `#/$defs/a%20b` → `/$defs/a b`; null for what leads out of the schema. */
function readPointer(target: string): string | null {
  if (!/^#(\/|$)/.test(target)) return null;
  try {
    return decodeURIComponent(target.slice(1));
  } catch {
    return null;
  }
}
