import { describe, expect, test } from '@jest/globals';
import { parseDocument } from '../parse-document.js';

const told = (text: string): string[] => {
  const parsed = parseDocument(text);
  return parsed.kind === 'bad' ? parsed.problems.map(({ path, message }) => `${path}: ${message}`) : [];
};

/** What YAML itself cannot give is told where it is read; a second complaint about the same place would only puzzle. */
describe('a value that cannot be read is told once', () => {
  test('in `retry`, whose other values wait until it can be', () => {
    const retry = '{ initialInterval: .inf, maximumAttempts: -1, policies: [{ errors: !t [X] }] }';
    expect(told(`workflow: w\ntasks: { a: { call: x, retry: ${retry} } }`)).toEqual([
      'tasks.a.retry.initialInterval: `.inf` is not a number that JSON has',
      'tasks.a.retry.policies[0].errors: `!t` is read as a YAML tag',
    ]);
  });

  test('in the schema of the input, beside everything else that is wrong there', () => {
    const input = '{ type: .inf, minLength: !t 5, properties: { a: { enum: 5 }, b: .nan } }';
    expect(told(`workflow: w\ninput: ${input}\ntasks: { a: { call: x } }`)).toEqual([
      'input.type: `.inf` is not a number that JSON has',
      'input.minLength: `!t` is read as a YAML tag',
      'input.properties.a.enum: `enum` must be a list',
      'input.properties.b: `.nan` is not a number that JSON has',
    ]);
  });
});
