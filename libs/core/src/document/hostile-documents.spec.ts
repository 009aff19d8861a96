import { describe, expect, test } from '@jest/globals';
import { parseDocument } from './parse-document.js';

const told = (text: string, limits = {}): string[] => {
  const parsed = parseDocument(text, { limits });
  return parsed.kind === 'bad' ? parsed.problems.map(({ line, column, message }) => `${line}:${column} ${message}`) : [];
};

/** What is wrong here takes minutes or all the memory. */
const FAST_MS = 5_000;

/** Of work of our own: what others do on a busy machine is not counted. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

function fast(text: string, limits = {}): string[] {
  const start = cpuMs();
  const problems = told(text, limits);
  expect(cpuMs() - start).toBeLessThan(FAST_MS);
  return problems;
}

const tasks = (count: number, of: (index: number) => string): string =>
  `workflow: w\ntasks:\n${Array.from({ length: count }, (_, index) => `  t${index}: { ${of(index)} }`).join('\n')}`;

describe('a hostile document is refused quickly', () => {
  test.each([
    ['brackets', '[', '1:35'],
    ['braces', '{a: ', '1:134'],
    ['dashes', '- ', '1:68'],
    ['question marks', '? ', '1:68'],
  ])('nested ten thousand levels deep by %s', (_, open, at) => {
    expect(fast(open.repeat(10_000))).toEqual([`${at} the document is nested more than 32 levels deep`]);
  });

  test('nested as deep as allowed, and one level more', () => {
    const nested = (levels: number) =>
      `{ workflow: w, tasks: { a: { call: x, with: ${'['.repeat(levels)}${']'.repeat(levels)} } } }`;
    expect(told(nested(29))).toEqual([]);
    expect(told(nested(30))).toEqual(['1:74 the document is nested more than 32 levels deep']);
  });

  test('nested too deep only through aliases', () => {
    const text = `workflow: w\ntasks:\n  a: { call: x, with: &a ${'['.repeat(20)}${']'.repeat(20)} }\n  b: { call: x, with: ${'['.repeat(15)}*a${']'.repeat(15)} }`;
    expect(told(text)).toEqual(['3:40 the document is nested more than 32 levels deep']);
  });

  test('a tag behind a long text of exclamation marks', () => {
    expect(fast(`workflow: w\ndescription: "${'!'.repeat(200_000)} x"\ntasks: { a: { call: !t x } }`)).toEqual([
      '3:21 `!t` is read as a YAML tag',
    ]);
  });

  test('a billion laughs', () => {
    const levels = Array.from(
      { length: 9 },
      (_, level) => `  t${level}: { call: x, with: &a${level} [${`*a${level - 1}, `.repeat(level === 0 ? 0 : 9)}1] }`,
    );
    expect(fast(`workflow: w\ntasks:\n${levels.join('\n')}`)).toEqual([
      expect.stringMatching(/more than 50 YAML aliases are used/),
    ]);
  });

  test('few aliases that stand for very much', () => {
    const text = `workflow: w\ntasks:\n  a: { call: x, with: &a [${'1,'.repeat(4_000)}] }\n  b: { call: x, with: [*a, *a, *a] }`;
    expect(fast(text)).toEqual(['4:28 YAML aliases stand for more than 5000 values']);
  });

  test('too many bytes, counted in UTF-8', () => {
    expect(fast(`# ${'é'.repeat(140_000)}`)).toEqual(['1:1 the document has 280002 bytes; at most 262144 are allowed']);
  });

  test('a map of tens of thousands of keys', () => {
    const keys = Array.from({ length: 25_000 }, (_, index) => `k${index}: 1`).join('\n');
    expect(fast(keys)).toHaveLength(100);
  });

  test('a thousand tasks are allowed, one more is not, groups counted in', () => {
    expect(fast(tasks(1_000, () => 'call: x'))).toEqual([]);
    expect(fast(tasks(1_001, () => 'call: x'))).toEqual(['3:3 the workflow has more than 1000 tasks']);
    const groups = tasks(3, () => 'tasks: [{ id: a, call: x }, { id: b, call: x }]');
    expect(told(groups, { maxTasks: 9 })).toEqual([]);
    expect(told(groups, { maxTasks: 8 })).toEqual(['5:16 the workflow has more than 8 tasks']);
    expect(told(groups, { maxTasks: 4 })).toEqual(['3:16 the workflow has more than 4 tasks']);
  });

  test('a circle and a chain of a thousand tasks', () => {
    expect(fast(tasks(1_000, (index) => `call: x, needs: [t${(index + 1) % 1_000}]`))).toEqual([
      '1002:28 `needs` goes round in a circle: t0 → t1 → t2 → t3 → t4 → t5 → t6 → t7 → t8 → t9 → … → t0',
    ]);
    expect(
      fast(
        tasks(
          1_000,
          (index) =>
            `call: x, needs: [${index > 0 ? `t${index - 1}` : ''}], with: "\${{ ${index > 0 ? 'tasks.t0.output' : '1'} }}"`,
        ),
      ),
    ).toEqual([]);
  });

  test('more problems than anybody reads: the first hundred', () => {
    expect(fast(tasks(500, () => 'cal: x'))).toHaveLength(100);
    expect(
      told(
        tasks(500, () => 'cal: x'),
        { maxProblems: 3 },
      ),
    ).toHaveLength(3);
  });

  test('names of what every object has are no tasks, no fields, no roots', () => {
    const names = ['toString', 'hasOwnProperty', 'valueOf', 'constructor'];
    for (const name of names) {
      const text = `workflow: w\n${name}: 1\ntasks:\n  a: { call: x, ${name}: 1, with: "\${{ ${name}.a }}", needs: [${name}] }\n  b: { call: ${name}, needs: [a], with: "\${{ tasks.${name}.output }}" }`;
      expect(told(text)).toHaveLength(5);
    }
  });
});
