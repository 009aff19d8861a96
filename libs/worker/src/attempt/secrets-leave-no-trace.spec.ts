import { describe, expect, test } from '@jest/globals';
import { type Json, toJsonText } from '@reprise/core';
import type { LogPart } from '@reprise/ledger';
import { silentLogger } from '@reprise/service';
import fc from 'fast-check';
import { failureOf, type Given, run } from '../../test/run-attempts.js';
import { TaskError } from '../handlers/task-error.js';
import { LogKeeper } from './log-keeper.js';

describe('secrets', () => {
  const secrets: Record<string, string> = {
    TOKEN: 'tok-"quoted"\n2nd',
    PIN: '7391',
    WORD: 'kind',
    LONG: 'tok-"quoted"\n2nd-and-more',
  };
  const uses = (...names: string[]) =>
    toJsonText(names.map((secret, index) => ({ path: ['auth', `s${index}`], parts: ['Bearer ', { secret }] })));
  const given = (...names: string[]): Given => ({
    input: { auth: {}, other: '${secret.TOKEN}' },
    claimed: { secrets: uses(...names) },
    options: { readSecret: (name) => secrets[name] ?? null },
  });

  test('are put where the document has them, and nowhere else', async () => {
    let seen: Json = null;
    await run((input) => {
      seen = input;
    }, given('TOKEN'));
    expect(seen).toEqual({ auth: { s0: 'Bearer tok-"quoted"\n2nd' }, other: '${secret.TOKEN}' });
  });

  test('that are missing fail the attempt for good, and the message says how to set them', async () => {
    const failed = await failureOf(() => 1, given('NONE'));
    expect(failed).toMatchObject({
      error: { code: 'INVALID_INPUT', message: expect.stringContaining('REPRISE_SECRET_NONE') },
      retryable: false,
    });
  });

  test('leave no trace in outputs, messages, details, codes and keys, however they are written', async () => {
    const all = given('TOKEN', 'PIN', 'WORD', 'LONG');
    const { TOKEN = '', LONG = '' } = secrets;
    const leaky = { plain: TOKEN, nested: [JSON.stringify({ again: LONG })], [TOKEN]: 1, pin: 7391, near: 73910 };
    const outcomes = [
      await run(() => leaky, all),
      await run(() => {
        throw new TaskError(`X${TOKEN}`, `${LONG} and ${JSON.stringify(TOKEN)}`, { details: leaky as never });
      }, all),
      await run(() => {
        throw new Error(TOKEN);
      }, all),
    ];
    for (const outcome of outcomes) {
      const text = JSON.stringify(outcome);
      for (const leaked of ['tok-', 'quoted', '2nd', 'and-more']) expect(text).not.toContain(leaked);
    }
    expect(outcomes[0]).toEqual({
      kind: 'succeeded',
      output: '{"plain":"***","nested":["{\\"again\\":\\"***\\"}"],"***":1,"pin":"***","near":73910}',
    });
  });

  test('leave no trace in the log of the attempt, nor in what a program prints line by line', async () => {
    const written: LogPart[] = [];
    const store = { write: async (parts: readonly LogPart[]) => void written.push(...parts) };
    const logs = new LogKeeper({ store, logger: silentLogger, now: () => 0 });
    const asked = given('TOKEN', 'LONG');
    await run(
      (input, attempt) => {
        attempt.log.info(`got ${JSON.stringify(input)}`, { input, token: secrets['TOKEN'] });
        for (const line of (secrets['LONG'] ?? '').split('\n')) attempt.log.output('stdout', line);
        return 1;
      },
      { ...asked, options: { ...asked.options, logs } },
    );
    await logs.close();
    expect(written.flatMap(({ lines }) => lines)).toHaveLength(3);
    const text = JSON.stringify(written);
    for (const leaked of ['tok-', 'quoted', 'and-more']) expect(text).not.toContain(leaked);
  });

  test('never break the JSON or the outcome they are taken out of', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 4, unit: 'binary' }), fc.jsonValue(), async (secret, value) => {
        const outcome = await run(() => [value, secret, { kind: 'failed', code: 1, output: true }], {
          ...given('ANY'),
          options: { readSecret: () => secret, maxOutputBytes: 1_000_000 },
        });
        if (outcome?.kind !== 'succeeded') throw new Error(JSON.stringify(outcome));
        const [, blotted] = JSON.parse(outcome.output);
        expect(blotted).not.toBe(secret);
      }),
      { numRuns: 200 },
    );
  });
});
