import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('.', import.meta.url));
// Tests run the sources: every @reprise/NAME is mapped to its src, so no build can be stale.
const libs = readdirSync(`${root}libs`).map((name) => [`^@reprise/${name}$`, `<rootDir>/libs/${name}/src/index.ts`]);
const apps = ['trigger', 'scheduler', 'executor', 'monitor', 'all'].map((name) => [
  `^@reprise/${name}$`,
  `<rootDir>/apps/${name}/src/${name}.module.ts`,
]);

const swc = {
  swcrc: false,
  // Inside the code: coverage does not read a map that is handed over as text, and would name the wrong lines.
  sourceMaps: 'inline',
  module: { type: 'es6' },
  jsc: {
    target: 'es2022',
    keepClassNames: true,
    parser: { syntax: 'typescript', decorators: true, dynamicImport: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
  },
};

export default {
  rootDir: root,
  testEnvironment: 'node',
  roots: ['<rootDir>/libs', '<rootDir>/apps', '<rootDir>/tests'],
  testRegex: '\\.spec\\.ts$',
  globalSetup: '<rootDir>/tests/sweep-prefixes.mjs',
  setupFiles: ['reflect-metadata'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', swc] },
  moduleNameMapper: {
    ...Object.fromEntries([...libs, ...apps]),
    '^@reprise/worker/(testing.*)$': '<rootDir>/libs/worker/src/$1/index.ts',
    '^fast-check$': '<rootDir>/tests/seeded-fast-check.mjs',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  modulePathIgnorePatterns: ['/dist/'],
  // Longer than the waits of the tests themselves: one that was in vain says what it waited for, this one does not.
  testTimeout: 300_000,
};
