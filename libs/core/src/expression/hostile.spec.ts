import { describe, expect, test } from '@jest/globals';
import { type Budget, ExpressionError, evaluate, parseExpression } from './index.js';

const run = (source: string, variables: Record<string, unknown> = {}, budget?: Partial<Budget>) =>
  evaluate(parseExpression(source), variables, budget);

/** What is wrong here takes minutes or all the memory. */
const FAST_MS = 5_000;

/** Of work of our own: what others do on a busy machine is not counted. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** Whether the work fails or not. */
function expectFast(work: () => unknown): void {
  const start = cpuMs();
  try {
    work();
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
  }
  expect(cpuMs() - start).toBeLessThan(FAST_MS);
}

describe('patterns', () => {
  test.each([
    ['(a+)+$', 'a'.repeat(30)],
    ['(a+)+$', 'a'.repeat(5000)],
    ['(a|aa)+$', 'a'.repeat(5000)],
    ['(.*a){20}$', 'a'.repeat(1000)],
    ['^(([a-z])+.)+[A-Z]([a-z])+$', 'a'.repeat(3000)],
  ])('%s does not hang', (pattern, text) => {
    const expression = parseExpression(`text.matches(r'${pattern}')`);
    expectFast(() => evaluate(expression, { text: `${text}!` }));
  });

  test('what a match costs comes out of the steps, in proportion to pattern and text', () => {
    const text = 'ab'.repeat(50_000);
    expect(() => run("text.matches('(a|b)*a(a|b){12}$')", { text })).toThrow('more than 100000 steps');
    expect(run("text.matches('b$')", { text })).toBe(true);
  });

  test.each(['(?:abcdefghij){1000}', '((a{30}b){30}c){30}', `(${'a'.repeat(300)}){20}`])(
    '%s is refused before it is compiled',
    (pattern) => {
      // Its own words: what is found too large only when it has been compiled is told otherwise.
      expect(() => run('"a".matches(p)', { p: pattern })).toThrow('the pattern is too large: its repetitions multiply');
    },
  );

  test('a pattern that hides its size is not paid for twice', () => {
    const p = '\\Q[\\E(?:abcdefghij){1000}]';
    expect(() => run('[1, 2, 3].exists(n, "a".matches(p))', { p })).toThrow('a pattern is too large');
    expect(() => parseExpression(`'a'.matches(r'${p}')`)).toThrow('a pattern is too large');
  });

  test('ordinary patterns of every shape pass', () => {
    expect(run(String.raw`'1f0c-22[x]'.matches(r'^[0-9a-f]{4}(?:-\d{1,3}){1,2}[\]\[x]{3}$')`)).toBe(true);
    expect(run('"a)".matches(p)', { p: 'a\\)' })).toBe(true);
    expect(() => run('"a".matches(p)', { p: 'a)' })).toThrow('RE2 syntax');
    expect(() => run('"a".matches(p)', { p: 'x'.repeat(1001) })).toThrow('longer than 1000 characters');
  });

  test('patterns from data do not fill the memory, and are still right after being forgotten', () => {
    for (let index = 0; index < 600; index += 1)
      expect(run('text.matches(p)', { text: `k${index}`, p: `^k${index}$` })).toBe(true);
    expect(run('text.matches(p)', { text: 'k0', p: '^k0$' })).toBe(true);
  });
});

describe('the budget', () => {
  const many = Array.from({ length: 2000 }, (_, index) => index);

  test('stops loops in loops', () => {
    const source = 'many.all(a, many.all(b, many.all(c, a + b + c >= 0)))';
    expectFast(() => run(source, { many }));
    expect(() => run(source, { many })).toThrow(`\`${source}\`: it takes more than 100000 steps`);
    expect(run('many.map(n, n + 1).sum()', { many })).toBe(2_001_000);
    expect(() => run('[1, 2].map(n, n)', {}, { maxSteps: 3 })).toThrow('more than 3 steps');
  });

  test('cannot be absorbed by || and exists', () => {
    expect(() => run('many.map(a, many.map(b, a)) == [] || true', { many })).toThrow('steps');
    expect(() => run('string([a, a]) == "" || true', { a: 'x'.repeat(600_000) })).toThrow('larger than');
    expect(() => run('[1, 2].exists(x, many.all(a, many.all(b, true)))', { many })).toThrow('steps');
  });

  test('counts errors that are absorbed', () => {
    const wide = Object.fromEntries(many.map((index) => [`field${index}`, index]));
    expectFast(() => run('many.exists(n, wide.nothing)', { many, wide }));
    expect(() => run('many.exists(n, wide.nothing)', { many, wide })).toThrow('steps');
    const narrow = Array.from({ length: 10_000 }, () => ({}));
    expect(run('narrow.all(n, !has(n.nothing))', { narrow })).toBe(true);
    expect(() => run('narrow.exists(n, n.nothing)', { narrow })).toThrow('steps');
  });

  test.each([
    ['text', 'many.map(n, text + n)'],
    ['lists', 'many.map(n, many + many)'],
    ['replacement', 'many.map(n, text.replace("x", text))'],
    ['joining', 'many.map(n, many.join(text))'],
    ['JSON text', 'many.map(n, string({"a": [text]}))'],
    ['comparing', 'many.all(n, text == copy && !(text < copy) && text in [copy])'],
    ['searching', 'many.all(n, !text.contains("y") && n in many)'],
    ['keys', 'many.all(n, wide.size() > 1 && wide == wideCopy && wide.all(k, true))'],
    ['sorting', 'many.all(n, many.sort() != [] && text.split("").size() > 1)'],
  ])('counts the work inside functions: %s', (_name, source) => {
    const text = 'x'.repeat(20_000);
    const wide = Object.fromEntries(many.map((index) => [`field${index}`, index]));
    const variables = { many, text, copy: `x${'x'.repeat(19_999)}`, wide, wideCopy: { ...wide } };
    expectFast(() => run(source, variables));
    expect(() => run(source, variables)).toThrow(ExpressionError);
  });

  test('bounds the size of the result, in bytes of JSON, however often it shares a part', () => {
    expect(() => run('[a, a, a, a].map(x, [x, x, x, x])', { a: 'x'.repeat(100_000) })).toThrow(
      'larger than 1048576 bytes of JSON',
    );
    expect(() => run('string([a, a, a])', { a: 'x'.repeat(400_000) })).toThrow('larger than 1048576 bytes');
    const exactly = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)).length;
    for (const value of ['plain', 'quo"te\\', 'é😀\n', 12.5, null, true, [], {}, [1, 'a'], { a: 1, 'ö"': [null, {}] }]) {
      expect(run('v', { v: value }, { maxOutputBytes: exactly(value) })).toEqual(value);
      expect(() => run('v', { v: value }, { maxOutputBytes: exactly(value) - 1 })).toThrow('larger than');
    }
  });

  test('bounds nesting', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 64; level += 1) deep = [deep];
    expect(run('deep', { deep })).toBe(deep);
    expect(() => run('[deep]', { deep })).toThrow('nested deeper than 64 levels');
    expect(() => run('{"a": deep}', { deep })).toThrow('nested deeper than 64 levels');
    for (let level = 0; level < 100_000; level += 1) deep = [deep];
    expect(() => run('deep', { deep })).toThrow('nested deeper than 64 levels');
    expect(() => run('a == b', { a: deep, b: [deep] })).toThrow('nested deeper than 200 levels');
  });
});

describe('prototypes are out of reach', () => {
  test.each(['constructor', '__proto__', 'prototype', 'toString', 'hasOwnProperty', '__defineGetter__', 'valueOf'])(
    '%s',
    (name) => {
      expect(() => run(`input.${name}`, { input: {} })).toThrow(`no field "${name}"`);
      expect(() => run(`input['${name}']`, { input: {} })).toThrow(`no field "${name}"`);
      expect(() => run(`input.${name}`, { input: [] })).toThrow(`a list has no field "${name}"`);
      expect(() => run(`input.${name}`, { input: 'text' })).toThrow(`a string has no field "${name}"`);
      expect(() => run(`dyn(1).${name}`)).toThrow('a number has no field');
      expect(() => run(`optional.of(1).${name}`)).toThrow('a number has no field');
      expect(() => run(`timestamp(0).${name}`)).toThrow('a timestamp has no field');
      expect(run(`input.?${name}.orValue('none')`, { input: {} })).toBe('none');
      expect(run(`has(input.${name}) || '${name}' in input || input[?'${name}'].hasValue()`, { input: {} })).toBe(false);
      expect(() => run(name)).toThrow(ExpressionError);
      expect(() => parseExpression(`input.${name}()`)).toThrow(ExpressionError);
      expect(() => parseExpression(`${name}()`)).toThrow(ExpressionError);
    },
  );

  test('a field of that name which the data has is only data', () => {
    const input = JSON.parse('{"__proto__": {"admin": true}, "constructor": "c"}');
    expect(run('input.__proto__.admin', { input })).toBe(true);
    expect(run('input.constructor', { input })).toBe('c');
    expect(() => run('input.admin', { input })).toThrow('no field "admin"');
    expect(Object.getPrototypeOf(run('{"constructor": 1}'))).toBe(Object.prototype);
    expect(({} as { admin?: unknown }).admin).toBeUndefined();
  });

  test('fields that are undefined are missing', () => {
    expect(run('has(input.a) || input.?a.hasValue()', { input: { a: undefined } })).toBe(false);
    expect(() => run('nothing', { nothing: undefined })).toThrow('unknown name "nothing"');
  });
});
