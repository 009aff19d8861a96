import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock } from '@reprise/service';
import { Advancing } from '../../test/advancing.js';
import { CommandStore, type OpenCommand } from '../index.js';

const ledger = new Advancing();
const { advance, halfway, startRun } = ledger;
beforeAll(ledger.begin);
afterAll(ledger.end);

describe('commands', () => {
  test('are taken once, oldest first, also by two schedulers at the same time', async () => {
    const run = await startRun();
    const other = await startRun();
    const commands = new CommandStore(ledger.db.database);
    const ids = [systemClock.uuidv7(), systemClock.uuidv7()];
    for (const id of ids) await commands.insert({ id, run, kind: 'cancel', payload: { reason: 'r' }, askedBy: 'ops' });
    await commands.insert({ id: systemClock.uuidv7(), run: other, kind: 'cancel', payload: {}, askedBy: null });
    let taken: readonly OpenCommand[] = [];
    const first = await halfway(
      async (store) => {
        taken = await store.takeCommands([run]);
      },
      (store) => store.finishCommands(taken.map(({ id }) => ({ id, result: 'applied' }))),
    );
    const meanwhile = await advance((store) => store.takeCommands([run])).finally(first.finish);
    expect(meanwhile).toEqual([]);
    expect(taken.map(({ id }) => id)).toEqual(ids);
    expect(taken[0]).toEqual({ id: ids[0], run, kind: 'cancel', payload: { reason: 'r' }, askedBy: 'ops' });
    expect(await advance((store) => store.takeCommands([run]))).toEqual([]);
    expect(await advance((store) => store.takeCommands([run, other]))).toHaveLength(1);
  });

  test('taken by a transaction that is rolled back are there for the next', async () => {
    const run = await startRun();
    const id = systemClock.uuidv7();
    await new CommandStore(ledger.db.database).insert({ id, run, kind: 'cancel', payload: {}, askedBy: null });
    const failing = advance(async (store) => {
      await store.finishCommands((await store.takeCommands([run])).map((each) => ({ id: each.id, result: 'applied' })));
      throw new Error('killed');
    });
    await expect(failing).rejects.toThrow('killed');
    expect((await advance((store) => store.takeCommands([run]))).map((each) => each.id)).toEqual([id]);
  });
});
