/** The keywords of JSON Schema 2020-12 that are supported, by the shape of their value. */
const KEYWORDS_BY_SHAPE = {
  schema: 'items contains additionalProperties propertyNames unevaluatedItems unevaluatedProperties not if then else',
  schemas: 'allOf anyOf oneOf prefixItems',
  schemaMap: 'properties patternProperties dependentSchemas $defs definitions',
  type: 'type',
  list: 'enum examples',
  any: 'const default',
  number: 'minimum maximum exclusiveMinimum exclusiveMaximum',
  positive: 'multipleOf',
  count: 'minLength maxLength minItems maxItems minProperties maxProperties minContains maxContains',
  boolean: 'uniqueItems deprecated readOnly writeOnly',
  names: 'required',
  namesMap: 'dependentRequired',
  pattern: 'pattern',
  format: 'format',
  text: 'title description $comment contentEncoding contentMediaType',
  dialect: '$schema',
  reference: '$ref',
} as const;

export type Shape = keyof typeof KEYWORDS_BY_SHAPE;

const SHAPES: ReadonlyMap<string, Shape> = new Map(
  (Object.keys(KEYWORDS_BY_SHAPE) as Shape[]).flatMap((shape) =>
    KEYWORDS_BY_SHAPE[shape].split(' ').map((name) => [name, shape] as const),
  ),
);

export const KEYWORDS: readonly string[] = [...SHAPES.keys()];

/** null: not a keyword. */
export const shapeOf = (keyword: string): Shape | null => SHAPES.get(keyword) ?? null;

export const TYPES = ['null', 'boolean', 'integer', 'number', 'string', 'array', 'object'] as const;

/** Keywords whose schemas judge the same value again; a circle of them would never end. */
export const IN_PLACE: readonly string[] = ['allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else', 'dependentSchemas'];
