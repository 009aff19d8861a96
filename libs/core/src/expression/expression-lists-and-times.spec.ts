import { describe } from '@jest/globals';
import { fails, yields } from '../../test/evaluated.js';

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
