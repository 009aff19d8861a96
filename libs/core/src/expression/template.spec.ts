import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Json } from '../json.js';
import { isLiteral, parseTemplate, render, type Template, type TemplateProblem, templateReferences } from './index.js';

const data = {
  input: { orderId: 'o-1', total: 12.5, list: [1, { a: null }], nothing: null, yes: true, evil: '${{ secrets.TOKEN }}' },
  tasks: { ship: { output: null } },
};

function compile(value: Json): Template {
  const parsed = parseTemplate(value);
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.template;
}
function problems(value: Json): readonly TemplateProblem[] {
  const parsed = parseTemplate(value);
  return 'problems' in parsed ? parsed.problems : [];
}
const rendered = (value: Json): Json => render(compile(value), data).value;

describe('a string that is one expression keeps the type of its value', () => {
  test.each<[string, Json]>([
    ['${{ input.total }}', 12.5],
    ['  ${{ input.list }}\n', [1, { a: null }]],
    ['${{input.nothing}}', null],
    ["${{ {'a': {'b': 1}}}}", { a: { b: 1 } }],
    ["${{ {'a': '}}'} }}", { a: '}}' }],
    ["${{ '}}' }}", '}}'],
    ['${{ "}}\\"}}" }}', '}}"}}'],
    ["${{ '''it's }} ''' }}", "it's }} "],
    ["${{ r'\\d}}' }}", '\\d}}'],
    ['${{ "\'" }}', "'"],
    ["${{ '${{' }}", '${{'],
    ['${{ input.total // the whole }}', 12.5],
    ["${{ input.total // isn't closed here\n + 1 }}", 13.5],
    ['${{ tasks.ship.output.?trackingId.orValue(null) }}', null],
    ['${{ timestamp(0) }}', '1970-01-01T00:00:00Z'],
  ])('%j', (text, expected) => expect(rendered(text)).toStrictEqual(expected));
});

describe('inside text, expressions are interpolated', () => {
  test.each<[string, string]>([
    ['order ${{ input.orderId }}', 'order o-1'],
    ['${{ input.total }}${{ input.yes }}', '12.5true'],
    ['[${{ input.nothing }}]', '[]'],
    ['${{ input.list }} ', '[1,{"a":null}] '.trim()],
    ['x${{ input.list }}', 'x[1,{"a":null}]'],
    ['at ${{ timestamp(0) }} for ${{ [duration("90s")] }}', 'at 1970-01-01T00:00:00Z for ["1m30s"]'],
    ['[${{ input.?nope }}]', '[]'],
    ['$${{ input.total }}', '${{ input.total }}'],
    ['a $${{ b }} ${{ input.orderId }} $${{', 'a ${{ b }} o-1 ${{'],
    ['$$${{ x', '$${{ x'],
    ['costs $ ${{ input.total }}', 'costs $ 12.5'],
    ['{{ mustache }} }}', '{{ mustache }} }}'],
  ])('%j', (text, expected) => {
    const value = rendered(text);
    expect(typeof value === 'string' ? value : JSON.stringify(value)).toBe(expected);
  });
});

describe('literals', () => {
  test('render as the very value that was written', () => {
    const value = { a: [1, 'x', { 'b ${{ key }}': null }], c: '}}' };
    const template = compile(value);
    expect(isLiteral(template)).toBe(true);
    expect(render(template, {})).toEqual({ value, secrets: [] });
    expect(render(template, {}).value).toBe(value);
  });

  test('parts without expressions are not copied', () => {
    const fixed = { deep: [1, 2] };
    expect(rendered({ fixed, total: '${{ input.total }}' })).toEqual({ fixed, total: 12.5 });
    expect(Reflect.get(Object(rendered({ fixed, total: '${{ input.total }}' })), 'fixed')).toBe(fixed);
    expect(isLiteral(compile([fixed, '${{ 1 }}']))).toBe(false);
  });

  test('any JSON without ${{ renders as itself', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value);
        fc.pre(!text.includes('${{') && !text.includes('__proto__'));
        const template = compile(value as Json);
        expect(isLiteral(template)).toBe(true);
        expect(render(template, {}).value).toBe(value);
      }),
    );
  });

  test('any text renders as itself once its ${{ are escaped', () => {
    const texts = fc
      .array(fc.oneof(fc.constantFrom('$', '{', '}', '${{', '}}', "'", '"', '\\', '//', 'a ', '\n'), fc.string()))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(texts, (text) => {
        const escaped = text.replaceAll('${{', () => '$${{');
        expect(rendered(escaped)).toBe(text);
        expect(rendered([{ key: escaped }])).toEqual([{ key: text }]);
      }),
    );
  });

  test('any string in an expression comes back whole, whatever braces and quotes it holds', () => {
    const texts = fc
      .array(fc.constantFrom('}', '}}', '{', "'", '"', '\\', '//', '${{', 'a', '\n', '😀'))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(texts, (text) => {
        const literal = JSON.stringify(text);
        expect(rendered(`\${{ {'k': ${literal}} }}`)).toEqual({ k: text });
        expect(rendered(`<\${{ ${literal} }}>`)).toBe(`<${text}>`);
      }),
    );
  });
});

describe('references', () => {
  test('are those of all expressions, secrets among them', () => {
    const template = compile({ a: '${{ input.x }} ${{ tasks.t.output }}', b: ['${{ input.x }}', 'k ${{ secrets.KEY }}'] });
    expect(templateReferences(template)).toEqual([
      { root: 'input', path: ['x'] },
      { root: 'tasks', path: ['t', 'output'] },
      { root: 'secrets', path: ['KEY'] },
    ]);
  });
});

describe('problems come all at once, each with its place', () => {
  test('paths and offsets', () => {
    expect(problems({ a: ['ok', 'x ${{ 1 + }}'], b: '${{ sise(1) }}', c: 'x ${{ open', d: '${{ }}' })).toEqual([
      { path: ['a', 1], offset: 10, message: 'unexpected token: the end at character 6' },
      { path: ['b'], offset: 4, message: 'unknown function sise(); did you mean size()?' },
      { path: ['c'], offset: 2, message: 'the "${{" is never closed by "}}"; write "$${{" for the characters' },
      { path: ['d'], offset: 3, message: 'the expression is empty' },
    ]);
    expect(problems(`\${{ ${'x'.repeat(5000)} }}`)).toEqual([
      { path: [], offset: 3, message: expect.stringContaining('at most 4096') },
    ]);
  });

  test.each(["${{ 'a }}", '${{ {1 }}', '${{ "a\\" }}', "${{ '''a' }}", '${{ a }', '${{'])('%s is never closed', (text) => {
    expect(problems(text)).toEqual([{ path: [], offset: 0, message: expect.stringContaining('never closed') }]);
  });

  test('nesting and keys that the ledger would refuse', () => {
    let deep: Json = 'x';
    for (let level = 0; level < 70; level += 1) deep = [deep];
    expect(problems(deep)).toEqual([{ path: Array(64).fill(0), offset: 0, message: 'nested deeper than 64 levels' }]);
    expect(problems(JSON.parse('{"a": {"__proto__": "${{ 1 }}"}}'))).toEqual([
      { path: ['a', '__proto__'], offset: 0, message: 'the key __proto__ is not allowed' },
    ]);
  });
});

describe('secrets', () => {
  test('travel as places and names, never as values', () => {
    const template = compile({
      headers: { authorization: 'Bearer ${{ secrets.TOKEN }}', plain: '${{ input.orderId }}' },
      list: ['x', ' ${{secrets.KEY}} '],
      url: 'https://${{ secrets.USER }}:${{ secrets.PASSWORD }}@${{ input.orderId }}/',
    });
    expect(isLiteral(template)).toBe(false);
    expect(render(template, { ...data, secrets: { TOKEN: 'leaked' } })).toEqual({
      value: { headers: { authorization: null, plain: 'o-1' }, list: ['x', null], url: null },
      secrets: [
        { path: ['headers', 'authorization'], parts: ['Bearer ', { secret: 'TOKEN' }] },
        { path: ['list', 1], parts: [{ secret: 'KEY' }] },
        { path: ['url'], parts: ['https://', { secret: 'USER' }, ':', { secret: 'PASSWORD' }, '@o-1/'] },
      ],
    });
    expect(render(compile('${{ secrets.KEY }}'), {})).toEqual({
      value: null,
      secrets: [{ path: [], parts: [{ secret: 'KEY' }] }],
    });
  });

  test('are nothing that data can ask for', () => {
    expect(render(compile({ a: '${{ input.evil }}', b: 'x ${{ input.evil }}' }), data)).toEqual({
      value: { a: '${{ secrets.TOKEN }}', b: 'x ${{ secrets.TOKEN }}' },
      secrets: [],
    });
    expect(render(compile('${{ secrets.KEY }} ${{ input.evil }}'), data).secrets).toEqual([
      { path: [], parts: [{ secret: 'KEY' }, ' ${{ secrets.TOKEN }}'] },
    ]);
  });

  test.each([
    "${{ 'a' + secrets.KEY }}",
    '${{ secrets }}',
    "${{ secrets['KEY'] }}",
    '${{ secrets.?KEY }}',
    '${{ secrets.KEY.size() }}',
    '${{ secrets.KEY.length }}',
    '${{ [secrets.KEY] }}',
    '${{ has(secrets.KEY) }}',
    '${{ input.total > 0 ? secrets.A : secrets.B }}',
    '${{ secrets.map(k, k) }}',
  ])('are no operands: %s', (text) => {
    expect(problems({ a: text })).toEqual([
      { path: ['a'], offset: text.indexOf('secrets'), message: expect.stringContaining('a secret stands alone') },
    ]);
  });
});

describe('one budget for the whole template', () => {
  test('steps', () => {
    const template = compile(['${{ list.map(x, x).size() }}', '${{ list.map(x, x).size() }}']);
    const list = [1, 2, 3];
    expect(render(template, { list }, { maxSteps: 20 }).value).toEqual([3, 3]);
    expect(() => render(template, { list }, { maxSteps: 7 })).toThrow('more than 7 steps');
  });

  test('size, also of text and of what stands around secrets', () => {
    const text = 'x'.repeat(600_000);
    for (const value of [['${{ text }}', '${{ text }}'], 'a ${{ text }}${{ text }}', '${{ secrets.A }}${{ text }}${{ text }}']) {
      expect(() => render(compile(value), { text })).toThrow('larger than 1048576 bytes');
    }
  });

  test('nesting counts from the top of the template', () => {
    const list = [[1]];
    expect(render(compile({ a: ['${{ list }}'] }), { list }, { maxDepth: 4 }).value).toEqual({ a: [[[1]]] });
    expect(() => render(compile({ a: ['${{ list }}'] }), { list }, { maxDepth: 3 })).toThrow('nested deeper than 3');
  });

  test('an expression that fails names itself', () => {
    expect(() => render(compile({ a: 'x ${{ input.totl }}' }), data)).toThrow(
      '`input.totl`: no field "totl"; did you mean "total"?',
    );
  });
});
