import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { data, fails, failure, yields } from '../../test/evaluated.js';
import type { Json } from '../json.js';
import { evaluate, evaluateCondition, parseExpression } from './index.js';

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
