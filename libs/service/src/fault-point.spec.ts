import { afterEach, describe, expect, test } from '@jest/globals';
import { armFaults, faultPoint, InjectedFault } from './fault-point.js';
import { readSettings } from './settings/settings.js';

afterEach(() => armFaults(null));

describe('fault points', () => {
  test('do nothing unless armed', () => {
    expect(faultPoint('ledger.after-commit')).toBeUndefined();
    armFaults(readSettings({}, 'all').faults);
    expect(faultPoint('ledger.after-commit')).toBeUndefined();
  });

  test('throw at the named hit only, at the named point only', () => {
    armFaults('a.b:throw@3, c:throw');
    expect([1, 2].map(() => faultPoint('a.b'))).toEqual([undefined, undefined]);
    expect(() => faultPoint('a.b')).toThrow(InjectedFault);
    expect(faultPoint('a.b')).toBeUndefined();
    expect(faultPoint('a')).toBeUndefined();
    expect(() => faultPoint('c')).toThrow(InjectedFault);
    expect(() => faultPoint('c')).toThrow(InjectedFault);
  });

  test('stall for a while', async () => {
    armFaults('a:stall=1');
    await expect(faultPoint('a')).resolves.toBeUndefined();
  });

  test.each(['a', 'a:explode', 'a:kill@0', 'a:stall', ':kill', 'a:kill,,b:kill'])('"%s" is refused by the settings', (spec) => {
    expect(() => readSettings({ REPRISE_FAULTS: spec }, 'all')).toThrow(/REPRISE_FAULTS/);
  });
});
