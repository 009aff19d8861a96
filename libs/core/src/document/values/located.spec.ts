import { describe, expect, test } from '@jest/globals';
import { readYaml } from '../yaml/read-yaml.js';
import { DOCUMENT_LIMITS } from './limits.js';
import { type Located, locate, splitPath } from './located.js';
import { Report } from './problem.js';

function read(text: string): Located {
  const located = readYaml(text, DOCUMENT_LIMITS, new Report(text));
  if (located === null) throw new Error(`cannot read ${text}`);
  return located;
}

describe('a path leads to a value', () => {
  const retry = read('{ maximumAttempts: 3, policies: [{ errors: [X] }] }');

  test.each([
    ['maximumAttempts', 'maximumAttempts'],
    ['policies[0].errors', 'policies[0].errors'],
    ['policies[0].errors[0]', 'policies[0].errors[0]'],
  ])('%s', (path, found) => {
    expect(locate(retry, splitPath(path)).path).toBe(found);
  });

  test.each([
    ['maximumInterval', ''],
    ['policies[0].maximumAttempts', 'policies[0]'],
    ['policies[1].errors', 'policies'],
    ['policies.errors', 'policies'],
    ['maximumAttempts[0]', 'maximumAttempts'],
  ])('or, if there is none at %s, to the nearest around it', (path, nearest) => {
    expect(locate(retry, splitPath(path)).path).toBe(nearest);
  });
});
