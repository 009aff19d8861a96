import { nearestName } from '../expression/index.js';
import type { Json } from '../json.js';
import { KEYWORDS, type Shape, shapeOf, TYPES } from './keywords.js';
import { compilePattern, isHarmless } from './pattern.js';
import { type SchemaMap, SchemaRefs } from './schema-refs.js';

export interface SchemaProblem {
  /** Steps from the schema's root. */
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly hint: string | null;
}

type Path = readonly (string | number)[];

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';
/** Comparing every item with every other grows with the square of a list that strangers send. */
const MAX_UNIQUE_ITEMS = 1_000;
const REPLACED: ReadonlyMap<string, string> = new Map(
  Object.entries({
    $id: 'a schema stands for itself here: remove it',
    $anchor: 'use `$defs` and `$ref: "#/$defs/NAME"`',
    $dynamicRef: 'use `$defs` and `$ref: "#/$defs/NAME"`',
    $dynamicAnchor: 'use `$defs` and `$ref: "#/$defs/NAME"`',
    $vocabulary: 'remove it',
    dependencies: 'use `dependentRequired` or `dependentSchemas`',
    additionalItems: 'use `prefixItems` and `items`',
    nullable: 'add "null" to `type`: [string, "null"]',
  }),
);

/** Is it a JSON Schema 2020-12 that inputs can safely be checked with? Every problem at once; an empty list = it is. */
export function checkSchema(schema: Json): SchemaProblem[] {
  const checker = new SchemaChecker();
  checker.check(schema, []);
  const { problems, refs } = checker;
  return problems.length > 0 ? problems : refs.check();
}

class SchemaChecker {
  readonly problems: SchemaProblem[] = [];
  readonly refs = new SchemaRefs();

  check(schema: Json, path: Path): void {
    if (typeof schema === 'boolean') {
      this.refs.add(path, {});
      return;
    }
    if (!isMap(schema)) {
      this.refuse(path, 'a schema must be a map, true or false', 'for example { type: object }');
      return;
    }
    this.refs.add(path, schema);
    for (const [name, value] of Object.entries(schema)) {
      const shape = shapeOf(name);
      if (shape !== null) this.checkShape(shape, name, value, [...path, name]);
      else if (!name.startsWith('x-')) this.refuseKeyword(name, [...path, name]);
    }
    const { maxItems } = schema;
    if (schema['uniqueItems'] === true && !(typeof maxItems === 'number' && maxItems <= MAX_UNIQUE_ITEMS)) {
      this.refuse(
        [...path, 'uniqueItems'],
        `\`uniqueItems\` needs \`maxItems\` of at most ${MAX_UNIQUE_ITEMS}`,
        'every item is compared with every other',
      );
    }
  }

  private checkShape(shape: Shape, name: string, value: Json, path: Path): void {
    switch (shape) {
      case 'any':
        return;
      case 'schema':
        return this.check(value, path);
      case 'schemas':
        if (!isList(value) || value.length === 0) return this.expect(name, 'a list of schemas', path);
        for (const [index, item] of value.entries()) this.check(item, [...path, index]);
        return;
      case 'schemaMap':
        if (!isMap(value)) return this.expect(name, 'a map of schemas', path);
        for (const [key, item] of Object.entries(value)) {
          if (name === 'patternProperties') this.checkPropertyPattern(key, [...path, key]);
          this.check(item, [...path, key]);
        }
        return;
      case 'type':
        return this.checkType(value, path);
      case 'pattern':
        if (typeof value !== 'string') return this.expect(name, 'a regular expression', path);
        if (compilePattern(value) === null)
          this.refuse(path, '`pattern` is not a regular expression that RE2 knows', 'without look-around and back references');
        return;
      case 'format':
        // The library's own `url` backtracks without end.
        if (typeof value === 'string' && /^[a-z][a-z0-9-]*$/.test(value) && value !== 'url') return;
        return this.refuse(path, `there is no format ${JSON.stringify(value)}`, 'did you mean `uri`?');
      case 'dialect':
        if (value !== DIALECT) this.refuse(path, '`$schema` names another dialect', `leave it out, or write ${DIALECT}`);
        return;
      case 'reference':
        if (typeof value !== 'string') return this.expect(name, 'a text', path);
        return this.refs.refer(path, value);
      case 'namesMap':
        if (!isMap(value)) return this.expect(name, 'a map of lists of names', path);
        for (const [key, item] of Object.entries(value))
          if (!isNames(item)) this.expect(key, 'a list of names, each once', [...path, key]);
        return;
      default:
        if (!SIMPLE[shape].holds(value)) this.expect(name, SIMPLE[shape].expected, path);
    }
  }

  private checkType(value: Json, path: Path): void {
    const types = isList(value) ? value : [value];
    for (const type of types) {
      if (TYPES.some((known) => known === type)) continue;
      const near = typeof type === 'string' ? nearestName(type, TYPES) : null;
      this.refuse(
        path,
        `there is no type ${JSON.stringify(type)}`,
        near === null ? `one of ${TYPES.join(', ')}` : `did you mean \`${near}\`?`,
      );
    }
    if (types.length === 0) this.expect('type', 'a type or a list of types', path);
  }

  private checkPropertyPattern(pattern: string, path: Path): void {
    if (compilePattern(pattern) !== null && isHarmless(pattern)) return;
    this.refuse(
      path,
      `${JSON.stringify(pattern)} is not a pattern that property names can be checked with`,
      'at most one * or +, not after a group, and then ^ at the start',
    );
  }

  private refuseKeyword(name: string, path: Path): void {
    const replaced = REPLACED.get(name);
    if (replaced !== undefined) return this.refuse(path, `\`${name}\` is not supported`, replaced);
    const near = nearestName(name, KEYWORDS);
    this.refuse(
      path,
      `JSON Schema has no keyword \`${name}\``,
      near === null ? 'names of your own start with x-' : `did you mean \`${near}\`?`,
    );
  }

  private expect(name: string, expected: string, path: Path): void {
    this.refuse(path, `\`${name}\` must be ${expected}`, null);
  }

  private refuse(path: Path, message: string, hint: string | null): void {
    this.problems.push({ path, message, hint });
  }
}

const isCount = (value: Json): boolean => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

const SIMPLE = {
  list: { holds: (value: Json) => isList(value), expected: 'a list' },
  number: { holds: (value: Json) => typeof value === 'number', expected: 'a number' },
  positive: { holds: (value: Json) => typeof value === 'number' && value > 0, expected: 'a number above 0' },
  count: { holds: isCount, expected: 'a whole number, 0 or more' },
  boolean: { holds: (value: Json) => typeof value === 'boolean', expected: 'true or false' },
  names: { holds: (value: Json) => isNames(value), expected: 'a list of names, each once' },
  text: { holds: (value: Json) => typeof value === 'string', expected: 'a text' },
} as const;

function isNames(value: Json): boolean {
  return isList(value) && value.every((item) => typeof item === 'string') && new Set(value).size === value.length;
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

const isMap = (value: Json): value is SchemaMap => typeof value === 'object' && value !== null && !isList(value);
