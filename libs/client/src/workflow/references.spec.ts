import { describe, expect, test } from '@jest/globals';
import { evaluate, type Json, parseExpression, parseTemplate, render } from '@reprise/core';
import fc from 'fast-check';
import { expr, orValue, type Ref, type Reference, typed, workflow } from '../index.js';

interface Input {
  readonly id: string;
  readonly total: number;
  readonly paid: boolean;
  readonly note?: string;
  readonly customer?: { readonly name: string; readonly address?: { readonly city: string | null } };
  readonly lines: readonly { readonly sku: string }[];
  readonly tags: Readonly<Record<string, string>>;
  readonly 'odd key': { readonly true: string; readonly "it's": string };
}

/** What the document has for a value of this scope. */
function written(make: (scope: { readonly input: Ref<Input> }) => unknown): unknown {
  const { tasks } = workflow('w', { input: typed<Input>() })
    .task('t', { transform: (scope) => make(scope) as string })
    .build();
  return (tasks as { readonly t: { readonly transform: unknown } }).t.transform;
}

const resultOf = (template: unknown, input: unknown): Json => {
  const parsed = parseTemplate(template as Json);
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return render(parsed.template, { input }).value;
};

test('a path is written as it is read, whatever the fields are called', () => {
  expect(written(({ input }) => input.lines[0]?.sku)).toBe('${{ input.lines[0].sku }}');
  expect(written(({ input }) => input['odd key'].true)).toBe("${{ input['odd key']['true'] }}");
  expect(written(({ input }) => input['odd key']["it's"])).toBe("${{ input['odd key']['it\\'s'] }}");
  expect(
    resultOf(
      written(({ input }) => input['odd key']["it's"]),
      { 'odd key': { "it's": 1 } },
    ),
  ).toBe(1);
});

test('fields that every object has in JavaScript are fields like others', () => {
  expect(written(({ input }) => input.tags['constructor'])).toBe('${{ input.tags.constructor }}');
  expect(written(({ input }) => input.tags['toString'])).toBe('${{ input.tags.toString }}');
  expect(written(({ input }) => input.tags['then'])).toBe('${{ input.tags.then }}');
});

test('a template has the values in it, any other value keeps its type', () => {
  const value = written(({ input }) => ({
    text: `Order ${input.id}: ${input.total}`,
    total: input.total,
    list: [input.paid, null],
  }));
  expect(value).toEqual({
    text: 'Order ${{ input.id }}: ${{ input.total }}',
    total: '${{ input.total }}',
    list: ['${{ input.paid }}', null],
  });
  expect(resultOf(value, { id: 'o-1', total: 2, paid: true })).toEqual({ text: 'Order o-1: 2', total: 2, list: [true, null] });
});

describe('expressions', () => {
  test('one inside another is read as a whole', () => {
    const net = (total: Reference<number>) => expr<number>`${total} - ${1}`;
    expect(written(({ input }) => expr`${net(input.total)} * ${-2}`)).toBe('${{ (input.total - 1) * (-2) }}');
    expect(
      resultOf(
        written(({ input }) => expr`${net(input.total)} * ${-2}`),
        { total: 4 },
      ),
    ).toBe(-6);
  });

  test('fields can be read of them', () => {
    const line = (input: Ref<Input>) => expr<{ sku: string }>`${input.lines}.filter(line, line.sku == ${'x'})[0]`;
    expect(written(({ input }) => line(input).sku)).toBe("${{ (input.lines.filter(line, line.sku == 'x')[0]).sku }}");
    expect(written(({ input }) => `${line(input).sku}!`)).toBe("${{ (input.lines.filter(line, line.sku == 'x')[0]).sku }}!");
  });

  test('backslashes are those of the expression', () => {
    expect(written(({ input }) => expr`${input.id}.matches('^\\d+$')`)).toBe("${{ input.id.matches('^\\\\d+$') }}");
    expect(
      resultOf(
        written(({ input }) => expr`${input.id}.matches('^\\d+$')`),
        { id: '42' },
      ),
    ).toBe(true);
  });

  test('a value in one stands for itself, whatever is in it', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary', maxDepth: 4 }), (value) => {
        fc.pre(!JSON.stringify(value).includes('__proto__'));
        const expression = written(() => expr`[${value as string}]`) as string;
        expect(evaluate(parseExpression(expression.slice(4, -3)), {})).toEqual(JSON.parse(JSON.stringify([value])));
        expect(resultOf(expression, {})).toEqual(JSON.parse(JSON.stringify([value])));
      }),
    );
  });

  test('what JSON cannot hold cannot be put into one', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, undefined]) expect(() => expr`${value}`).toThrow(TypeError);
  });
});

describe('what may be missing', () => {
  const city = written(({ input }) => orValue(input.customer.address.city, 'nowhere'));
  const name = written(({ input }) => orValue(input.customer.name, null));

  test('has a fallback', () => {
    expect(name).toBe('${{ input.?customer.name.orValue(null) }}');
    expect(city).toBe("${{ input.?customer.address.city.orValue(null) == null ? 'nowhere' : input.customer.address.city }}");
  });

  test.each<[unknown, Json, Json]>([
    [{}, null, 'nowhere'],
    [{ customer: null }, null, 'nowhere'],
    [{ customer: { name: 'Ada' } }, 'Ada', 'nowhere'],
    [{ customer: { name: 'Ada', address: { city: null } } }, 'Ada', 'nowhere'],
    [{ customer: { name: 'Ada', address: { city: 'Rom' } } }, 'Ada', 'Rom'],
  ])('%j', (input, expectedName, expectedCity) => {
    expect([resultOf(name, input), resultOf(city, input)]).toEqual([expectedName, expectedCity]);
  });

  test('of an expression, and of what is null as a whole', () => {
    expect(written(({ input }) => orValue(expr<number | null>`${input.total} > 3 ? null : 1`, 0))).toBe(
      '${{ (input.total > 3 ? null : 1) == null ? 0 : (input.total > 3 ? null : 1) }}',
    );
  });
});

describe('what looks like a value but is not one is refused when the workflow is built', () => {
  const total = (input: Ref<Input>) => input.total as unknown as number;

  test('arithmetic and comparisons of JavaScript', () => {
    expect(() => written(({ input }) => total(input) * 2)).toThrow(/arithmetic with input\.total/);
    expect(() => written(({ input }) => total(input) + 1)).toThrow(/arithmetic with input\.total/);
    expect(() => written(({ input }) => total(input) > 0)).toThrow(/arithmetic with input\.total/);
  });

  test('copies', () => {
    expect(() => written(({ input }) => ({ ...input }))).toThrow(/copying the fields of input/);
    expect(() => written(({ input }) => Object.entries(input))).toThrow(/copying the fields of input/);
    // @ts-expect-error the compiler says so too
    expect(() => written(({ input }) => [...input.lines])).toThrow(TypeError);
  });
});

describe('a builder', () => {
  const start = workflow('w').task('a', { sleep: '1s' });

  test('can be gone on from twice', () => {
    const [b, c] = [start.task('b', { sleep: '1s' }).build(), start.task('c', { sleep: '1s' }).build()];
    expect([Object.keys(b.tasks), Object.keys(c.tasks), Object.keys(start.build().tasks)]).toEqual([
      ['a', 'b'],
      ['a', 'c'],
      ['a'],
    ]);
  });

  test('refuses an id that is taken and a mixture of graph and sequence, where no compiler did', () => {
    const untyped = start as unknown as { task(id: string, task: object): unknown; step(id: string, step: object): unknown };
    expect(() => untyped.task('a', { sleep: '1s' })).toThrow('there is a task a already');
    expect(() => untyped.step('b', { sleep: '1s' })).toThrow('a group is either a graph of tasks or a sequence of steps');
  });

  test('gives plain JSON, without the fields that were undefined', () => {
    const document = workflow('w', { version: '1.0.0' })
      .task('a', { call: 'x', with: { a: 1 } })
      .build();
    expect(Object.getPrototypeOf(document)).toBe(Object.prototype);
    expect(Object.keys(document)).toEqual(['workflow', 'version', 'tasks']);
    const untyped = { call: 'x', queue: undefined } as unknown as { call: 'x' };
    expect(workflow('w').task('a', untyped).build().tasks).toStrictEqual({ a: { call: 'x' } });
  });

  test('takes a schema for what it is told to describe', () => {
    const schema = { type: 'object' };
    expect(
      workflow('w', { input: typed<Input>(schema) })
        .task('a', { transform: 1 })
        .build()['input'],
    ).toEqual(schema);
    expect(workflow('w', { input: typed<Input>() }).task('a', { transform: 1 }).build()).not.toHaveProperty('input');
  });
});
