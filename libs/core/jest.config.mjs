import base from '../../jest.config.mjs';

/**
 * `npm run test:core`: the core's tests alone, which must run every line, branch and function of it. The core is pure, so whatever they
 * cannot reach nobody can: such code goes away, or its types say why it is impossible. Nothing is left out by name or by comment; Babel
 * counts what was compiled, so files of types alone have nothing to count.
 */
export default {
  ...base,
  // It cleans a broker; these tests need none.
  globalSetup: undefined,
  roots: ['<rootDir>/libs/core'],
  collectCoverage: true,
  coverageProvider: 'babel',
  collectCoverageFrom: ['libs/core/src/**/*.ts', '!**/*.spec.ts'],
  // Only files with something left to test.
  coverageReporters: ['text-summary', ['text', { skipFull: true }]],
  coverageThreshold: { global: { lines: 100, branches: 100, functions: 100, statements: 100 } },
};
