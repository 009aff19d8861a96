import { describe, expect, test } from '@jest/globals';
import { failure } from '../../test/evaluated.js';
import { parseExpression } from './index.js';

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
