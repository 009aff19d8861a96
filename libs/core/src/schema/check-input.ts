import { format, type OutputUnit, type Schema, Validator } from '@cfworker/json-schema';
import type { Json } from '../json.js';
import { shapeOf } from './keywords.js';
import { compilePattern } from './pattern.js';

export interface InputProblem {
  /** `items[0].name`; empty: the input as a whole. */
  readonly path: string;
  readonly message: string;
}

const MAX_PROBLEMS = 100;

/** What of `input` the schema does not allow; an empty list = it is valid. The schema is one that checkSchema accepts. */
export function checkInput(schema: Json, input: Json): InputProblem[] {
  if (typeof schema === 'boolean') return schema ? [] : [{ path: '', message: 'no input is allowed' }];
  const { validator, patterns } = prepare(schema as object);
  return withPatterns(patterns, () => describe(validator.validate(input).errors));
}

interface Prepared {
  readonly validator: Validator;
  readonly patterns: ReadonlyMap<string, (text: string) => boolean>;
}

const prepared = new WeakMap<object, Prepared>();

/** Building a validator costs more than a check: once per schema object. */
function prepare(schema: object): Prepared {
  const known = prepared.get(schema);
  if (known !== undefined) return known;
  const patterns = new Map<string, (text: string) => boolean>();
  const copy = replacePatterns(schema as Json, patterns);
  const fresh = { validator: new Validator(copy as Schema, '2020-12', false), patterns };
  prepared.set(schema, fresh);
  return fresh;
}

const FORMAT = 'pattern ';

/**
 * The library runs `pattern` with the backtracking RegExp, which a stranger's input can keep busy for hours. A format of our own
 * that runs RE2 takes its place. The copy is the library's to write into.
 */
function replacePatterns(schema: Json, patterns: Map<string, (text: string) => boolean>): Json {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return schema;
  const copy: Record<string, Json> = {};
  for (const [name, value] of Object.entries(schema)) copy[name] = replaceBelow(name, value, patterns);
  const source = copy['pattern'];
  const matches = typeof source === 'string' ? compilePattern(source) : null;
  if (typeof source === 'string' && matches !== null) {
    patterns.set(`${FORMAT}${source}`, matches);
    delete copy['pattern'];
    const allOf = copy['allOf'];
    copy['allOf'] = [...(Array.isArray(allOf) ? allOf : []), { format: `${FORMAT}${source}` }];
  }
  return copy;
}

function replaceBelow(name: string, value: Json, patterns: Map<string, (text: string) => boolean>): Json {
  switch (shapeOf(name)) {
    case 'schema':
      return replacePatterns(value, patterns);
    case 'schemas':
      return (value as readonly Json[]).map((item) => replacePatterns(item, patterns));
    case 'schemaMap':
      return Object.fromEntries(Object.entries(value as object).map(([key, item]) => [key, replacePatterns(item, patterns)]));
    default:
      return value;
  }
}

/** The library's formats are one table for everybody; a check is synchronous, so ours are in it only meanwhile. */
function withPatterns<Result>(patterns: Prepared['patterns'], check: () => Result): Result {
  for (const [name, matches] of patterns) format[name] = matches;
  try {
    return check();
  } finally {
    for (const name of patterns.keys()) delete format[name];
  }
}

/** Say only that something below is wrong; what is below follows. */
const WRAPPERS = new Set(
  'properties patternProperties additionalProperties unevaluatedProperties items prefixItems unevaluatedItems allOf if $ref dependentSchemas'.split(
    ' ',
  ),
);

function describe(units: readonly OutputUnit[]): InputProblem[] {
  const problems: InputProblem[] = [];
  let alternatives: string | null = null;
  for (const unit of units) {
    // What each alternative said follows its anyOf; none of it alone is the problem.
    if (alternatives !== null && unit.keywordLocation.startsWith(alternatives)) continue;
    if (WRAPPERS.has(unit.keyword)) continue;
    if (['anyOf', 'oneOf', 'propertyNames'].includes(unit.keyword)) alternatives = `${unit.keywordLocation}/`;
    problems.push({ path: pathOf(unit.instanceLocation), message: messageOf(unit) });
    if (problems.length === MAX_PROBLEMS) break;
  }
  return problems;
}

function messageOf({ keyword, error }: OutputUnit): string {
  const quoted = Array.from(error.matchAll(/"[^"]*"/g), ([quote]) => quote.slice(1, -1));
  switch (keyword) {
    case 'required':
      return `\`${quoted[0]}\` is missing`;
    case 'type':
      return `must be ${quoted.slice(1).join(' or ')}, not ${quoted[0]}`;
    case 'false':
      return 'is not allowed';
    case 'format':
      return error.includes(`"${FORMAT}`)
        ? `does not match the ${error.slice(error.indexOf(`"${FORMAT}`) + 1, -2)}`
        : `is not of the format ${quoted[0]}`;
    default: {
      const text = error.replace(/^Instance /, '').replace(/\.$/, '');
      return text.charAt(0).toLowerCase() + text.slice(1);
    }
  }
}

/** `#/items/0/first%20name` → `items[0]["first name"]` */
function pathOf(location: string): string {
  let path = '';
  for (const step of location.split('/').slice(1)) {
    const key = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
    if (/^\d+$/.test(key)) path += `[${key}]`;
    else if (/^[A-Za-z_]\w*$/.test(key)) path += path === '' ? key : `.${key}`;
    else path += `[${JSON.stringify(key)}]`;
  }
  return path;
}
