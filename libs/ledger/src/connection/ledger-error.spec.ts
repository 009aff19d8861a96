import { expect, test } from '@jest/globals';
import { classifyError } from './ledger-error.js';

const said = (code: string): Error => Object.assign(new Error('as Postgres says it'), { code });

test.each(['53000', '53100', '53200', '53300'])(
  '%s: a server that is short of something is no verdict on what it was to write',
  (code) => {
    expect(classifyError(said(code))).toBe('unavailable');
  },
);

test.each(['53400', '54000', '22001', '23505', '42601'])('%s: what breaks a limit or a rule is refused again', (code) => {
  expect(classifyError(said(code))).toBe('refused');
});
