import type { IncomingMessage } from 'node:http';
import { expect, test } from '@jest/globals';
import { Database, type Session } from '@reprise/ledger';
import { TcpProxy } from '@reprise/testing';
import { TriggerPipelines } from '../../test/trigger-pipelines.js';
import type { ReceivedRequest } from '../starts/start-request.js';

/** What the pipeline looks for all the time commits too, but starts nothing. */
const hasBegunRuns = (result: unknown): boolean =>
  typeof result === 'object' && result !== null && 'begun' in result && Array.isArray(result.begun) && result.begun.length > 0;

/** Is out of reach, once, from the moment at which runs have been committed. */
class LostAfterStart extends Database {
  private wasLost = false;

  constructor(private readonly wire: TcpProxy) {
    super({ url: wire.url, applicationName: 'lost after a start', poolSize: 4 });
  }

  override async transaction<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
    const result = await super.transaction(work);
    if (!this.wasLost && hasBegunRuns(result)) {
      this.wasLost = true;
      this.wire.drop();
    }
    return result;
  }
}

const start = (key: string, labels: Readonly<Record<string, string>> = {}): ReceivedRequest => ({
  kind: 'start',
  workflow: 'half',
  version: null,
  input: {},
  labels,
  key,
  via: 'http',
});
/** The ledger keeps no NUL in labels: a batch with it is refused, and tried in halves. */
const poison = start('poison', { a: '\u0000' });

test('what is committed of a batch is answered, though the database is out of reach before the rest of it is', async () => {
  const triggers = await TriggerPipelines.create(0);
  await using wire = await TcpProxy.to(triggers.db.url);
  const database = new LostAfterStart(wire);
  try {
    await triggers.registerText('workflow: half\ntasks: { a: { call: shop.work } }');
    await database.connect();
    const pipeline = await triggers.start(database);
    const ask = (...requests: readonly ReceivedRequest[]) => pipeline.answer(requests, {} as IncomingMessage, '/');
    const [first, across, last] = await Promise.allSettled([ask(start('a')), ask(start('b'), poison), ask(start('c'))]);
    expect(first).toMatchObject({ status: 'fulfilled', value: [{ kind: 'started' }] });
    expect([across.status, last.status]).toEqual(['rejected', 'rejected']);
    expect(await triggers.runs('half')).toHaveLength(2);
    wire.pass();
    expect(await ask(start('b'), poison)).toMatchObject([{ kind: 'exists' }, { kind: 'failed' }]);
    expect(await ask(start('c'))).toMatchObject([{ kind: 'started' }]);
  } finally {
    wire.pass();
    await triggers.end();
    await database.close();
  }
});
