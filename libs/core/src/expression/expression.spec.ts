import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Json } from '../json.js';
import { ExpressionError, evaluate, evaluateCondition, parseExpression } from './index.js';

const data = {
  input: { orderId: 'o-1', sku: 'A7', customer: 'ada', total: 12.5, count: 3, tags: ['b', 'a'], note: null, 'odd key': 1 },
  tasks: {
    charge: { output: { id: 'ch_1', status: 'captured' }, status: 'succeeded', attempts: 2 },
    ship: { output: null, status: 'skipped' },
    pages: {
      items: [
        { status: 'succeeded', output: { n: 1 } },
        { status: 'failed', output: null },
      ],
    },
  },
  event: { id: 'e1', data: { id: 7, sku: 'A7', customer: 'ada', total: 0, currency: 'EUR' } },
  run: { id: 'r1', startedAt: '2026-01-31T12:00:00Z', error: { code: 'TIMEOUT' } },
  output: { status: 'captured' },
  round: { number: 1, last: null },
  lists: { numbers: [3, 1, 2], mixed: [1, 'x', null, true, { a: [1] }], empty: [] },
};

const run = (source: string): Json => evaluate(parseExpression(source), data);
function failure(work: () => unknown): ExpressionError {
  try {
    work();
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

const yields = (cases: readonly (readonly [string, Json])[]) => {
  test.each(cases)('%s', (source, expected) => {
    expect(run(source)).toStrictEqual(expected);
  });
};
const fails = (cases: readonly (readonly [string, string])[]) => {
  test.each(cases)('%s', (source, message) => {
    expect(failure(() => run(source)).message).toContain(message);
  });
};

describe('what the documentation shows', () => {
  yields([
    ['event.data.total >= 0', true],
    ['event.data.id', 7],
    ['input.total > 0', true],
    ["output.status == 'captured'", true],
    ['tasks.charge.output.id', 'ch_1'],
    ['tasks.ship.output.?trackingId.orValue(null)', null],
    ["tasks['charge'].attempts + 1", 3],
    ['run.error', { code: 'TIMEOUT' }],
    ['round.last', null],
  ]);
});

describe('numbers are JSON numbers', () => {
  yields([
    ['1 + 2.5', 3.5],
    ['7 / 2', 3.5],
    ['7 % 4', 3],
    ['-7 % 4', -3],
    ['2 * 3 - 10', -4],
    ['-input.total', -12.5],
    ['-0 * 1', 0],
    ['0 * -1', 0],
    ['-(0)', 0],
    ['0x1F + 5u', 36],
    ['1e3', 1000],
    ['9007199254740993', 9007199254740992],
    ['1 == 1.0', true],
    ['0.1 + 0.2', 0.30000000000000004],
    ["int('42') + int(-2.9) + int('+1')", 41],
    ["double('1.5e1') + double(2)", 17],
    ["int(timestamp('1970-01-01T00:01:00.9Z'))", 60],
  ]);
  fails([
    ['1 / 0', '`1 / 0`: division by zero'],
    ['1 % 0', 'division by zero'],
    ['1e308 * 10.0', 'the result is too large for a number'],
    [`1${'0'.repeat(400)}`, 'the number is too large'],
    ['input.total - null', 'cannot subtract a number and null; both must be numbers'],
    ["'a' * 2", 'cannot multiply a string and a number'],
    ["-'a'", 'cannot negate a string'],
    ["int('1.5')", 'cannot make a whole number of a string ("1.5")'],
    ["int('9007199254740993')", 'beyond the whole numbers'],
    ['int(null)', 'cannot make a whole number of null'],
    ["double('')", 'cannot make a number of a string ("")'],
    ['double([1])', 'cannot make a number of a list (…)'],
    ["double('1e999')", 'cannot make a number'],
  ]);
});

describe('text', () => {
  yields([
    ["'total ' + input.total", 'total 12.5'],
    ["input.count + ' pieces'", '3 pieces'],
    ["'a' + 'b'", 'ab'],
    ["'n' + 1.0 + 1e21", 'n11e+21'],
    [`r'\\d' + "\\u00e9" + '''x'y'''`, "\\déx'y"],
    ["'a😀b'.size() + size('é')", 4],
    ["'a😀b'.substring(1, 2) + 'abc'.substring(1)", '😀bc'],
    ["'a😀b'.indexOf('b')", 2],
    ["'a😀b'.indexOf('c')", -1],
    ["'a😀a'.indexOf('a', 1)", 2],
    ["'abca'.indexOf('a', 1)", 3],
    ["'order.placed'.startsWith('order') && 'x.y'.endsWith('y') && 'abc'.contains('b')", true],
    ["'Straße É'.upperAscii() + 'ABC É'.lowerAscii()", 'STRAßE Éabc É'],
    ["' a '.trim()", 'a'],
    ["'a,b,c'.split(',')", ['a', 'b', 'c']],
    ["'a,b,c'.split(',', 2)", ['a', 'b,c']],
    ["'a,b'.split(',', 0)", []],
    ["'a😀'.split('')", ['a', '😀']],
    ["'aXbXc'.replace('X', '-')", 'a-b-c'],
    ["'aXbXc'.replace('X', '-', 1)", 'a-bXc'],
    ["'aXb'.replace('X', '-', 0)", 'aXb'],
    ["'ab12'.matches('[a-z]+[0-9]') && !'ab'.matches('^b')", true],
    ["string(12.50) + string(true) + string(null) + string('x') + string([1, {'a': null}])", '12.5truenullx[1,{"a":null}]'],
    ["bool('true') && !bool('false') && bool(true)", true],
    ["'b' > 'a' && 'a' <= 'a' && 'a' < 'b'", true],
  ]);
  fails([
    ["'a' + null", 'cannot add a string and null; to make it text write string(…)'],
    ['1 + true', 'cannot add a number and a bool'],
    ["1 < 'a'", 'cannot order a number and a string'],
    ['true < false', 'cannot order a bool and a bool'],
    ["'abc'.substring(2, 1)", 'substring(2, 1) is outside the 3 characters'],
    ["'abc'.substring(0.5)", 'argument 1 must be a whole number, not 0.5'],
    ["'abc'.substring('x')", 'argument 1 must be a whole number, not a string'],
    ["'abc'.indexOf('c', 9)", 'position 9 is outside'],
    ["'abc'.contains(1)", 'argument 1 must be a string, not a number'],
    ["'abc'.replace('', 'x')", 'the text to be replaced is empty'],
    ["bool('yes')", 'cannot make a bool of a string ("yes")'],
    ['string(input.?note)', 'cannot make a string of an optional'],
    ["'a'.matches(input.sku + '(')", 'is no pattern in RE2 syntax'],
    ["b'x'", 'bytes (b"…") are not supported'],
  ]);
});

describe('equality is JSON equality, across types', () => {
  yields([
    ["1 == '1'", false],
    ['null == false', false],
    ["{'a': [1, {'b': null}]} == {'a': [1.0, {'b': null}]}", true],
    ["{'a': 1} == {'b': 1}", false],
    ["{'a': 1} == {'a': 1, 'b': 2}", false],
    ['[1, 2] == [1]', false],
    ["[1] == {'0': 1}", false],
    ["{'0': 1} == [1]", false],
    ['[1, [2]] != [1, [3]]', true],
    ['input.?sku == "A7" && null == input.?nope', true],
    ["timestamp('2026-01-01T00:00:00Z') == timestamp('2026-01-01T01:00:00+01:00')", true],
    ["timestamp('2026-01-01T00:00:00Z') == '2026-01-01T00:00:00Z'", false],
    ["timestamp('2026-01-01T00:00:00Z') == [1]", false],
    ["[1] == duration('1s')", false],
    ["duration('60s') == duration('1m') && duration('1s') != {}", true],
    ["2 in [1, 2.0] && {'a': 1} in [{'a': 1}] && 'sku' in input && !(1 in input)", true],
  ]);
  fails([
    ["'a' in 'abc'", 'write text.contains(…)'],
    ['1 in null', '"in" needs a list or a map on its right, not null'],
  ]);
});

describe('conditions', () => {
  yields([
    ['true ? 1 : "a"', 1],
    ['input.total > 100 ? {"a": 1} : [1]', [1]],
    ['input.nope > 1 || true', true],
    ['true || input.nope', true],
    ['false && input.nope', false],
    ['input.nope && false', false],
    ['1 || true', true],
    ['true && true', true],
    ['false || false', false],
    ['!(1 > 2)', true],
  ]);
  fails([
    ['input.nope || false', 'no field "nope"'],
    ['false || input.nope', 'no field "nope"'],
    ['1 && true', '`1`: a condition must be true or false, not a number'],
    ['true && "yes"', 'a condition must be true or false, not a string'],
    ['!null', 'a condition must be true or false, not null'],
    ['input.?note ? 1 : 2', 'an optional (take its value with .orValue(…))'],
  ]);

  test('evaluateCondition answers true or false and nothing else', () => {
    expect(evaluateCondition(parseExpression('input.total > 0'), data)).toBe(true);
    expect(failure(() => evaluateCondition(parseExpression('input.total'), data)).message).toBe(
      '`input.total`: a condition must be true or false, not a number',
    );
    const long = failure(() => evaluateCondition(parseExpression(`'${'x'.repeat(300)}'`), data));
    expect(long.message.length).toBeLessThan(200);
  });
});

describe('fields, positions and what may be missing', () => {
  yields([
    ["input['odd key'] + input.tags.size()", 3],
    ['lists.numbers[0]', 3],
    ['tasks.pages.items[0].output.n', 1],
    ['input.?sku', 'A7'],
    ['input.?nope', null],
    ['input.?nope.deeper.still.orValue(5)', 5],
    ['input.?tags[0].orValue("none")', 'b'],
    ['input[?"sku"].value() + input.?sku.value()', 'A7A7'],
    ['lists.numbers[?9].hasValue() || lists.numbers[?0].hasValue()', true],
    ['tasks.ship.output[?"x"].orValue(1)', 1],
    ['input.?note.orValue("given")', null],
    ['input.?nope.or(input.?sku).value()', 'A7'],
    ['input.?sku.or(optional.none()).value()', 'A7'],
    ['input.?sku.orValue(1 / 0)', 'A7'],
    ['[optional.of(1), optional.none(), 2, {"a": optional.of([3])}]', [1, null, 2, { a: [3] }]],
    ['{"kept": [1], "x": optional.of(optional.of(2))}', { kept: [1], x: 2 }],
    ['has(input.sku) && !has(input.nope) && has(input.note) && !has(tasks.ship.output.x) && !has(input.?a.b)', true],
    ['size(input) + {}.size()', 8],
    [
      'type(1) + type("a") + type(null) + type([]) + type({}) + type(true) + type(optional.none()) + type(dyn(1))',
      'numberstringnulllistmapbooloptionalnumber',
    ],
  ]);
  fails([
    ['input.totl', '`input.totl`: no field "totl"; did you mean "total"?'],
    ['input.Total', 'did you mean "total"?'],
    ['input.ttoal', 'did you mean "total"?'],
    ['input.xyzzy', '(it has: orderId, sku, customer, total, count, tags, note, odd key)'],
    ['{}.xyzzy', '(it has no fields)'],
    [`{${'abcdefghijkl'.split('').map((letter) => `'${letter.repeat(9)}': 1`)}}.nope`, 'jjjjjjjjj, …)'],
    ['inptu.total', 'unknown name "inptu"; did you mean "input"?'],
    ['tasks.ship.output.id', 'cannot read "id" of null; write .?id if it may be missing'],
    ['input.tags.length', 'a list has no field "length"; write size(…)'],
    ['input.total.length', 'a number has no field "length"'],
    ['input.sku.?x', 'a string has no field "x"'],
    ['has(input.sku.x)', 'a string has no field "x"'],
    ['lists.numbers[3]', 'no item 3; the list has 3, counted from 0'],
    ['lists.numbers[-1]', 'no item -1'],
    ['lists.numbers[0.5]', 'a position in a list must be a whole number, not 0.5'],
    ['lists.numbers["0"]', 'a position in a list must be a whole number, not a string'],
    ['input[0]', 'a key must be a string, not a number'],
    ['input.sku[0]', 'cannot index a string'],
    ['input.?nope.value()', 'there is no value'],
    ['input.sku.orValue(1)', '.orValue() follows an optional'],
    ['input.?nope.or(1)', '.or() takes an optional'],
    ['input.?sku.contains("A")', 'contains() works on a string, not on an optional'],
    ['input.?total + 1', 'cannot add an optional (take its value with .orValue(…)) and a number'],
  ]);
});

describe('lists and maps', () => {
  yields([
    ['[1, "a", null, [true], {"k": 1}]', [1, 'a', null, [true], { k: 1 }]],
    ['{"a" + "b": 1}', { ab: 1 }],
    ['lists.numbers.sum() + lists.empty.sum()', 6],
    ['lists.numbers.sort() + [9]', [1, 2, 3, 9]],
    ['input.tags.sort().join("-")', 'a-b'],
    ['lists.mixed.join(",")', '1,x,,true,{"a":[1]}'],
    ['[1, 2].join()', '12'],
    ['[optional.of(timestamp("2026-01-01T00:00:00Z")), [optional.none()]].join(" ")', '2026-01-01T00:00:00Z [null]'],
    ['lists.numbers.all(n, n > 0) && !lists.numbers.all(n, n > 1)', true],
    ['lists.numbers.exists(n, n == 2) && !lists.empty.exists(n, true)', true],
    ['lists.numbers.exists_one(n, n > 2)', true],
    ['lists.numbers.map(n, n * n)', [9, 1, 4]],
    ['lists.numbers.map(n, n > 1, n * 10)', [30, 20]],
    ['lists.numbers.filter(n, n != 1)', [3, 2]],
    ['input.filter(key, key.startsWith("t"))', ['total', 'tags']],
    [
      '[1, 2].map(a, [10, 20].map(b, a + b))',
      [
        [11, 21],
        [12, 22],
      ],
    ],
    ['[[1], [2]].map(x, x.map(x, x + 1)[0])', [2, 3]],
    ['lists.mixed.exists(x, x > 0)', true],
    ['[null, 0].all(x, x > 0)', false],
  ]);
  fails([
    ['lists.mixed.sum()', 'item 1 is a string, not a number'],
    ['lists.mixed.sort()', 'cannot order'],
    ['{1: 2}', 'a key must be a string, not a number'],
    ['{"a": 1, "a": 2}', 'the key "a" is there twice'],
    ['{"__proto__": 1}', 'the key __proto__ is not allowed'],
    ['lists.numbers.map(n, m)', 'unknown name "m"'],
    ['null.map(n, n)', 'map() works on a list or a map, not on null'],
    ['lists.mixed.all(x, x > 0 || true && x)', 'a condition must be true or false'],
    ['["x"].exists(x, x > 0)', 'cannot order'],
    ['lists.numbers.filter(n, n)', 'a condition must be true or false, not a number'],
    ['lists.numbers.map(n, n, n)', 'a condition must be true or false, not a number'],
    ['input.sum()', 'sum() works on a list, not on a map'],
    ['size(1)', 'size() works on a string or a list or a map, not on a number'],
    ['(1 + 2) * (lists.numbers)', '`(1 + 2) * (lists.numbers`: cannot multiply'],
  ]);
});

describe('times and durations', () => {
  yields([
    ['timestamp(run.startedAt)', '2026-01-31T12:00:00Z'],
    ['timestamp(run.startedAt) + duration("1h30m")', '2026-01-31T13:30:00Z'],
    ['duration("250ms") + timestamp("2026-01-31t12:00:00.5+01:00")', '2026-01-31T11:00:00.750Z'],
    ['timestamp(run.startedAt) - duration("12h")', '2026-01-31T00:00:00Z'],
    ['timestamp("2026-02-01") - timestamp(run.startedAt)', '12h'],
    [
      '[duration("1m") - duration("90s"), -duration("2d"), duration("-5s"), duration("0s") + duration("1s")]',
      ['-30s', '-2d', '-5s', '1s'],
    ],
    ['timestamp(0) < timestamp(1.5) && duration("1s") < duration("2s")', true],
    ['timestamp(timestamp(60)) == timestamp("1970-01-01T00:01:00Z") && duration(duration("1s")) == duration("1000ms")', true],
    [
      '[timestamp("2026-03-01T04:05:06.789Z")].map(t, [t.getFullYear(), t.getMonth(), t.getDate(), t.getDayOfMonth(), t.getDayOfWeek(), t.getDayOfYear(), t.getHours(), t.getMinutes(), t.getSeconds(), t.getMilliseconds()])',
      [[2026, 2, 1, 0, 0, 59, 4, 5, 6, 789]],
    ],
    [
      '[duration("1h30m")].map(d, [d.getHours(), d.getMinutes(), d.getSeconds(), d.getMilliseconds()])',
      [[1, 90, 5400, 5_400_000]],
    ],
    ['"at " + string(timestamp(0)) + " for " + string(duration("90s"))', 'at 1970-01-01T00:00:00Z for 1m30s'],
    ['{"at": timestamp(0), "ids": [1]}', { at: '1970-01-01T00:00:00Z', ids: [1] }],
  ]);
  fails([
    ['timestamp("yesterday")', '"yesterday" is not an RFC 3339 time'],
    ['timestamp("2026-02-30T00:00:00Z")', 'is not an RFC 3339 time'],
    ['timestamp("2026-01-01T00:00:99Z")', 'is not an RFC 3339 time'],
    ['timestamp("2026-99-99")', 'is not an RFC 3339 time'],
    ['timestamp(1e15)', 'outside the years 0001 to 9999'],
    ['timestamp(null)', 'cannot make a timestamp of null'],
    ['duration("soon")', 'is not a duration'],
    ['duration(5)', 'cannot make a duration of a number (5)'],
    ['double(timestamp(0))', 'cannot make a number of a timestamp'],
    ['timestamp(0) + 5', 'cannot add a timestamp and a number'],
    ['duration("1s") * 2', 'cannot multiply a duration and a number'],
    ['5 + duration("1s")', 'cannot add a number and a duration'],
  ]);
});

describe('parsing', () => {
  const problem = (source: string) => {
    const { message, offset, code } = failure(() => parseExpression(source));
    expect(code).toBe('EXPRESSION');
    return [message, offset];
  };

  test('tells what is wrong and where', () => {
    expect(problem('')).toEqual(['the expression is empty', 0]);
    expect(problem('1 +')).toEqual(['unexpected token: the end at character 4', 3]);
    expect(problem('(1')).toEqual(['expected ")", got the end at character 3', 2]);
    expect(problem('a ? b')).toEqual(['expected ":", got the end at character 6', 5]);
    expect(problem('[1 2]')).toEqual(['expected "]", got number at character 4', 3]);
    expect(problem('input.a & 1')).toEqual(['unexpected character: & at character 9', 8]);
    expect(problem('[1].map(1, 2)')).toEqual(['map(…) takes a name first, such as item at character 9', 8]);
    expect(problem('a.while + while')).toEqual(['reserved identifier: while at character 11', 10]);
    expect(problem('x'.repeat(4097))).toEqual(['the expression has 4097 characters; at most 4096 are allowed', null]);
  });

  test('knows its functions', () => {
    expect(problem('1 + sise(input)')).toEqual(['unknown function sise(); did you mean size()?', 4]);
    expect(problem('frobnicate(1)')).toEqual(['unknown function frobnicate()', 0]);
    expect(problem('contains(a, b)')).toEqual([
      'unknown function contains(); it is written after its value: value.contains(…)',
      0,
    ]);
    expect(problem('a.string()')).toEqual(['unknown function .string(); it is written around its value: string(value)', 0]);
    expect(problem('a.has()')[0]).toContain('has(value)');
    expect(problem('a.startWith("x")')[0]).toBe('unknown function .startWith(); did you mean startsWith()?');
    expect(problem('size()')[0]).toBe('size() takes 1 argument, not 0');
    expect(problem('int(1, 2)')[0]).toBe('int() takes 1 argument, not 2');
    expect(problem('a.split()')[0]).toBe('split() takes 1 to 2 arguments, not 0');
    expect(problem('a.trim(1)')[0]).toBe('trim() takes 0 arguments, not 1');
    expect(problem('a.orValue()')[0]).toBe('orValue() takes 1 argument, not 0');
    expect(problem('optional.some(1)')[0]).toBe('there are optional.of(value) and optional.none()');
    expect(problem('has(a)')[0]).toBe('has(…) takes one field, such as has(input.note)');
    expect(problem('a.all(x)')[0]).toBe('all(…) takes a name and an expression, such as all(item, item > 0)');
    expect(problem('a.constructor()')[0]).toBe('unknown function .constructor()');
    expect(problem("a.matches('(')")[0]).toContain('is no pattern in RE2 syntax');
    expect(problem("a.matches('[a-z]{900}{900}')")[0]).toContain('is too large');
  });

  test.each([
    ['!', '!'.repeat(4000), 'true'],
    ['(', '('.repeat(1000), '1'],
    ['sum', '1+'.repeat(2000), '1'],
  ])('refuses what would exhaust the stack: %s', (_name, nesting, end) => {
    expect(failure(() => parseExpression(nesting + end)).message).toContain('nested too deeply');
  });

  test('lists what an expression reads, each place once', () => {
    const references = (source: string) => parseExpression(source).references.map(({ root, path }) => [root, ...path].join('.'));
    expect(references('tasks.charge.output.id + tasks["charge"].output.id')).toEqual(['tasks.charge.output.id']);
    expect(references('tasks.ship.output.?trackingId.orValue(null)')).toEqual(['tasks.ship.output.trackingId']);
    expect(references('tasks[input.which].output')).toEqual(['tasks', 'input.which']);
    expect(references('tasks.pages.items[0].output')).toEqual(['tasks.pages.items']);
    expect(references('has(input.a.b) ? -x.y : !z')).toEqual(['input.a.b', 'x.y', 'z']);
    expect(references('input.list.map(i, i.ok, i.price * each.value).sum() > size([input.a, {"k": input.b}])')).toEqual([
      'input.list',
      'each.value',
      'input.a',
      'input.b',
    ]);
    expect(references('a.filter(i, i > b) + i.filter(x, x)')).toEqual(['a', 'b', 'i']);
    expect(references('optional.of(run.id).orValue(1)')).toEqual(['run.id']);
    expect(references('[1].exists(tasks, tasks.x == 1)')).toEqual([]);
  });
});

describe('laws', () => {
  const json = fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.parse(JSON.stringify(value)) as Json);

  test('a path gives back the very value that is there', () => {
    fc.assert(fc.property(json, (value) => expect(evaluate(parseExpression('input.value'), { input: { value } })).toBe(value)));
  });

  test('every value equals its copy, and differs from itself in a list', () => {
    fc.assert(
      fc.property(json, (value) => {
        const variables = { a: value, b: JSON.parse(JSON.stringify(value)) };
        expect(evaluate(parseExpression('a == b && a != [b] && b in [1, a]'), variables)).toBe(true);
      }),
    );
  });

  test('what comes out is JSON: it survives writing and reading', () => {
    fc.assert(
      fc.property(json, fc.double({ noNaN: true, noDefaultInfinity: true }), (value, number) => {
        const result = evaluate(parseExpression('[a, {"b": a, "n": -n * 2.0 / 3}, optional.of(a), string(a)]'), {
          a: value,
          n: number / 4,
        });
        expect(JSON.parse(JSON.stringify(result))).toStrictEqual(result);
      }),
    );
  });
});
