import { expect, test } from '@jest/globals';
import { effectOf, guardOf } from './effect-guard.js';

test('the stricter effect counts, whoever says it', () => {
  expect(effectOf({}, { effect: 'idempotent' })).toBe('idempotent');
  expect(effectOf({ effect: null }, { effect: 'once' })).toBe('once');
  expect(effectOf({ effect: 'once' }, { effect: 'idempotent' })).toBe('once');
  expect(effectOf({ effect: 'idempotent' }, { effect: 'transactional' })).toBe('transactional');
});

test('only what must be done once is guarded: the document says how a doubt is settled, then the handler, else a person', () => {
  expect(guardOf({ onInDoubt: 'fail' }, { effect: 'idempotent' })).toBeNull();
  expect(guardOf({ effect: 'once' }, { effect: 'idempotent' })).toBe('once-park');
  expect(guardOf({ effect: 'once' }, { effect: 'idempotent', onInDoubt: 'fail' })).toBe('once-fail');
  expect(guardOf({ onInDoubt: 'probe' }, { effect: 'once', onInDoubt: 'fail' })).toBe('once-probe');
  expect(guardOf({ onInDoubt: 'retry' }, { effect: 'once' })).toBeNull();
});
