import { describe, expect, test } from '@jest/globals';
import type { Json } from '../json.js';
import { checkSchema } from './check-schema.js';
import { TYPES } from './keywords.js';

const told = (schema: Json): string[] =>
  checkSchema(schema).map(({ path, message, hint }) => `${path.join('/')}: ${message}${hint === null ? '' : ` | ${hint}`}`);

describe('a schema is accepted', () => {
  test.each<[string, Json]>([
    ['true', true],
    ['nothing asked', {}],
    ['all types', { type: [...TYPES] }],
    [
      'the usual',
      {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        title: 'order',
        type: 'object',
        required: ['id'],
        properties: {
          id: { type: 'string', format: 'uuid', pattern: '^[0-9a-f-]+$' },
          n: { type: 'integer', minimum: 0, multipleOf: 0.5 },
          tags: { uniqueItems: true, maxItems: 10 },
        },
        patternProperties: { '^x-[a-z]+$': true, _id$: {} },
        additionalProperties: false,
        dependentRequired: { a: ['b'] },
        dependentSchemas: { a: { required: ['b'] } },
        'x-owner': 'shop',
        default: { id: 1 },
        examples: [{}],
        deprecated: false,
      },
    ],
    [
      'a recursive list',
      {
        $ref: '#/$defs/node',
        $defs: { node: { properties: { next: { $ref: '#/$defs/node' }, all: { items: { $ref: '#' } } } } },
      },
    ],
    ['references with escapes', { anyOf: [{ $ref: '#/$defs/a~1b%20c' }], $defs: { 'a/b c': { type: 'null' } } }],
    ['a reference to a list of schemas', { allOf: [{ type: 'string' }], not: { $ref: '#/allOf/0' } }],
  ])('%s', (_, schema) => {
    expect(told(schema)).toEqual([]);
  });
});

describe('a schema is refused where it is wrong', () => {
  test.each<[string, Json, ...string[]]>([
    ['no map', 5, ': a schema must be a map, true or false | for example { type: object }'],
    [
      'types',
      { type: ['string', 'strin', 5] },
      'type: there is no type "strin" | did you mean `string`?',
      `type: there is no type 5 | one of ${TYPES.join(', ')}`,
    ],
    ['no types', { type: [] }, 'type: `type` must be a type or a list of types'],
    [
      'keywords that are none',
      { requierd: [], zzz: 1, $id: 'x', additionalItems: false },
      'requierd: JSON Schema has no keyword `requierd` | did you mean `required`?',
      'zzz: JSON Schema has no keyword `zzz` | names of your own start with x-',
      '$id: `$id` is not supported | a schema stands for itself here: remove it',
      'additionalItems: `additionalItems` is not supported | use `prefixItems` and `items`',
    ],
    [
      'names of what every object has',
      { toString: 1, constructor: 1 },
      'toString: JSON Schema has no keyword `toString` | names of your own start with x-',
      'constructor: JSON Schema has no keyword `constructor` | names of your own start with x-',
    ],
    [
      'shapes',
      {
        items: 5,
        allOf: {},
        anyOf: [],
        properties: [],
        enum: 5,
        minimum: '1',
        multipleOf: 0,
        minLength: 1.5,
        uniqueItems: 1,
        required: ['a', 'a'],
        title: 5,
        pattern: 5,
        $ref: 5,
        dependentRequired: 5,
      },
      'items: a schema must be a map, true or false | for example { type: object }',
      'allOf: `allOf` must be a list of schemas',
      'anyOf: `anyOf` must be a list of schemas',
      'properties: `properties` must be a map of schemas',
      'enum: `enum` must be a list',
      'minimum: `minimum` must be a number',
      'multipleOf: `multipleOf` must be a number above 0',
      'minLength: `minLength` must be a whole number, 0 or more',
      'uniqueItems: `uniqueItems` must be true or false',
      'required: `required` must be a list of names, each once',
      'title: `title` must be a text',
      'pattern: `pattern` must be a regular expression',
      '$ref: `$ref` must be a text',
      'dependentRequired: `dependentRequired` must be a map of lists of names',
    ],
    ['a list of what depends', { dependentRequired: { a: 'b' } }, 'dependentRequired/a: `a` must be a list of names, each once'],
    [
      'deep inside',
      { properties: { a: { items: { not: { type: 'x' } } } } },
      `properties/a/items/not/type: there is no type "x" | one of ${TYPES.join(', ')}`,
    ],
    [
      'another dialect',
      { $schema: 'http://json-schema.org/draft-07/schema#' },
      '$schema: `$schema` names another dialect | leave it out, or write https://json-schema.org/draft/2020-12/schema',
    ],
    [
      'look-around',
      { pattern: '(?=a)' },
      'pattern: `pattern` is not a regular expression that RE2 knows | without look-around and back references',
    ],
    ['the format that backtracks', { format: 'url' }, 'format: there is no format "url" | did you mean `uri`?'],
    ['a format that is no name', { format: '__proto__' }, 'format: there is no format "__proto__" | did you mean `uri`?'],
    [
      'unique items without an end',
      { uniqueItems: true },
      'uniqueItems: `uniqueItems` needs `maxItems` of at most 1000 | every item is compared with every other',
    ],
  ])('%s', (_, schema, ...problems) => {
    expect(told(schema)).toEqual(problems);
  });

  test.each(['(a+)+$', '(a|b)*', '[a-z]+[0-9]*', 'a+', '^a*b{2,}', '(?=a)'])(
    'the property pattern %s, which a stranger could keep busy',
    (pattern) => {
      expect(told({ patternProperties: { [pattern]: true } })).toEqual([
        expect.stringMatching(/is not a pattern that property names can be checked with/),
      ]);
    },
  );

  test.each(['^x-', '^[a-z]+$', '^a.*b$', '_id$', '^(a|b)c', 'a{3}', '^\\w+$'])(
    'not the harmless property pattern %s',
    (pattern) => {
      expect(told({ patternProperties: { [pattern]: true } })).toEqual([]);
    },
  );
});

describe('references stay inside and come to an end', () => {
  const nowhere = (target: string) =>
    `$ref: \`$ref\` leads nowhere: ${JSON.stringify(target)} | it must be like "#/$defs/NAME", inside this schema`;
  test.each(['https://example.com/a.json', 'other.json', '#anchor', '#/$defs/none', '#/properties', '#/$defs/%', '/$defs/a'])(
    '%s leads nowhere',
    (target) => {
      expect(told({ $ref: target, $defs: { a: {} }, properties: {} })).toEqual([nowhere(target)]);
    },
  );

  test.each<[string, Json]>([
    ['to itself', { $ref: '#' }],
    ['to each other', { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } } }],
    ['through allOf', { allOf: [{ $ref: '#' }] }],
    ['through not', { not: { anyOf: [true, { $ref: '#' }] } }],
    ['through dependentSchemas', { dependentSchemas: { 'a/b': { $ref: '#' } } }],
    ['in a branch', { if: true, else: { $ref: '#' } }],
  ])('a circle %s never ends', (_, schema) => {
    expect(told(schema)).toEqual([expect.stringMatching(/\$ref.*goes round in a circle/)]);
  });

  test('doubling references are refused before they are followed', () => {
    const $defs: Record<string, Json> = { d30: { type: 'string' } };
    for (let level = 0; level < 30; level += 1)
      $defs[`d${level}`] = { allOf: [{ $ref: `#/$defs/d${level + 1}` }, { $ref: `#/$defs/d${level + 1}` }] };
    expect(told({ $ref: '#/$defs/d0', $defs })).toEqual([expect.stringMatching(/more than 1000 schemas would judge one value/)]);
  });

  test('more schemas for one value than allowed are told where they are, also without any reference', () => {
    const many = { allOf: Array.from({ length: 1_001 }, () => true) };
    expect(told(many)).toEqual([': more than 1000 schemas would judge one value | make it simpler']);
    expect(told({ properties: { a: { $ref: '#/$defs/x' }, b: many }, $defs: { x: true } })).toEqual([
      'properties/b: more than 1000 schemas would judge one value | make it simpler',
    ]);
  });

  test('a circle is told at a reference in it, not at one of a neighbour with a similar name', () => {
    const properties = { ab: { $ref: '#/$defs/x' }, a: { $ref: '#/properties/a' } };
    expect(told({ properties, $defs: { x: true } })).toEqual([expect.stringMatching(/^properties\/a\/\$ref: .* in a circle/)]);
  });

  test('a chain of thousands of references is refused, not followed to the end of the stack', () => {
    const $defs: Record<string, Json> = { d8000: {} };
    for (let level = 0; level < 8_000; level += 1) $defs[`d${level}`] = { $ref: `#/$defs/d${level + 1}` };
    expect(told({ $ref: '#/$defs/d0', $defs })).toEqual([expect.stringMatching(/more than 1000 schemas would judge one value/)]);
  });
});
