import { expect, test } from '@jest/globals';
import { eventually } from './index.js';

test('returns the answer once the check neither throws nor says false', async () => {
  let calls = 0;
  const check = () => {
    calls += 1;
    if (calls === 1) throw new Error('not yet');
    return calls < 3 ? (false as const) : `call ${calls}`;
  };
  await expect(eventually(check, { what: 'the third call' })).resolves.toBe('call 3');
});

test('the failure says what it waited for and what went wrong last', async () => {
  const failing = eventually(() => Promise.reject(new Error('still 7 rows')), { what: 'the queue to be empty', timeoutMs: 20 });
  await expect(failing).rejects.toThrow('not within 20 ms: the queue to be empty; last: still 7 rows');
});

test('a check that never answers fails in time as well, and what the one before it said is not lost', async () => {
  let calls = 0;
  const hanging = eventually(
    () => {
      calls += 1;
      return calls === 1 ? Promise.reject(new Error('503')) : new Promise<boolean>(() => undefined);
    },
    { what: 'the service to answer', timeoutMs: 1_000 },
  );
  await expect(hanging).rejects.toThrow('the service to answer; last: the check has not answered; before that: 503');
});
