import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RunView } from '@reprise/contracts';
import { eventually } from '@reprise/testing';
import { Installation } from './installation.js';
import type { KeptService } from './kept-service.js';
import { ReceivedResults } from './received-results.js';

const EXAMPLE = new URL('../../examples/batch-processing/', import.meta.url);
/** A machine ten times slower ends in time as well. */
const PATIENCE_MS = 300_000;
const SUITE_MS = 900_000;

interface Size {
  readonly count: number;
  readonly seed: number;
}
interface Invoice {
  readonly lines: readonly { readonly cents: number; readonly count: number }[];
  readonly cents: number;
}
interface Documents {
  readonly ids: readonly string[];
  readonly requests: number;
  read(id: string): { readonly status: number; readonly body: string };
}
interface DocumentsModule {
  readonly Documents: new (size: Size) => Documents;
  readonly serveDocuments: (documents: Documents) => Promise<{ readonly url: string; readonly stop: () => Promise<void> }>;
}
interface Report {
  readonly documents: number;
  readonly processed: number;
  readonly reasons: Readonly<Record<string, number>>;
  readonly poison: readonly { readonly document: string; readonly code: string }[];
}
interface Judged {
  /** What must be published: the document's cents. */
  readonly good: ReadonlyMap<string, number>;
  /** Why it cannot be. */
  readonly poison: ReadonlyMap<string, string>;
  /** How often it must be asked for, all documents together. */
  readonly requests: number;
}

const { Documents, serveDocuments } = (await import(new URL('documents.mjs', EXAMPLE).href)) as DocumentsModule;

let reprise: Installation;
beforeAll(async () => {
  // Nothing may be lost but what is killed: not what is only short of time.
  reprise = await Installation.running({ lease: '15s', env: { REPRISE_WHEEL_LEVELS: '1' } });
  await reprise.register(readFileSync(new URL('batch-processing.yaml', EXAMPLE), 'utf8'));
});
afterAll(() => reprise.end());

/** Looks at every document with its own eyes: the workflow must not be its own judge. */
function judge(options: Size): Judged {
  const documents = new Documents(options);
  const [good, poison] = [new Map<string, number>(), new Map<string, string>()];
  for (const id of documents.ids) {
    let answer = documents.read(id);
    while (answer.status === 503) answer = documents.read(id);
    const invoice = answer.status === 200 ? readInvoice(answer.body) : null;
    if (answer.status !== 200) poison.set(id, `http.${answer.status}`);
    else if (invoice === null) poison.set(id, 'EXPRESSION');
    else if (invoice.lines.reduce((sum, line) => sum + line.cents * line.count, 0) === invoice.cents) good.set(id, invoice.cents);
    else poison.set(id, 'TOTAL_MISMATCH');
  }
  return { good, poison, requests: documents.requests };
}

/** null: it was cut off. */
function readInvoice(text: string): Invoice | null {
  try {
    return JSON.parse(text) as Invoice;
  } catch {
    return null;
  }
}

class Batch {
  readonly judged: Judged;
  readonly documents: Documents;

  private constructor(
    size: Size,
    readonly results: ReceivedResults,
  ) {
    this.judged = judge(size);
    this.documents = new Documents(size);
  }

  /** Publishes the event that starts it, as any program would that knows RabbitMQ and nothing of Reprise. */
  static async start(name: string, size: Size): Promise<Batch & { readonly run: string }> {
    const results = await ReceivedResults.from(reprise.broker, name);
    reprise.onEnd(() => results.end());
    const batch = new Batch(size, results);
    const { url, stop } = await serveDocuments(batch.documents);
    reprise.onEnd(stop);
    const body = Buffer.from(JSON.stringify({ archive: url, exchange: batch.results.exchange }));
    await reprise.broker.channel(async (channel) => {
      channel.publish(reprise.broker.names.events, 'batch.requested', body, { messageId: name, contentType: 'application/json' });
    });
    const run = await reprise.orTell(
      eventually(async () => (await runsOf(batch.results.exchange))[0] ?? false, { what: 'the event has started a run' }),
    );
    return Object.assign(batch, { run });
  }

  async received(documents: number): Promise<void> {
    await reprise.orTell(
      eventually(() => this.results.documents >= documents, {
        what: `${documents} documents have a result`,
        timeoutMs: PATIENCE_MS,
      }),
    );
  }
}

async function runsOf(exchange: string): Promise<readonly string[]> {
  const rows = await reprise.database.query<{ id: string }>(`select id from reprise.run where input ->> 'exchange' = $1`, [
    exchange,
  ]);
  return rows.map(({ id }) => id);
}

/** How many attempts of a run each executor has made that were not in vain. */
const sharesOf = (run: string) =>
  reprise.database.query<{ executor: string; tasks: number }>(
    `select executor, count(*)::int as tasks from reprise.task
     where run_id = $1 and executor is not null and status = 'succeeded' group by executor`,
    [run],
  );
const isOf = (executor: string, { current: { pid } }: KeptService): boolean => executor.includes(`/${pid}/`);

describe('10,000 documents, some of them poison, while executors are added', () => {
  const count = 10_000;
  let batch: Awaited<ReturnType<typeof Batch.start>>;
  let whenScaled: number;
  let end: RunView;
  let report: Report;

  beforeAll(async () => {
    batch = await Batch.start('quiet', { count, seed: 1 });
    await batch.received(1_000);
    await Promise.all([reprise.startOne('executor').ready(), reprise.startOne('executor').ready()]);
    whenScaled = batch.results.documents;
    end = await reprise.ended(batch.run, PATIENCE_MS);
    report = end.output as unknown as Report;
    // The broker has confirmed all of them; the last ones may still be on their way to the consumer.
    await batch.received(batch.judged.good.size);
  }, SUITE_MS);

  test('each document that can be processed has exactly one result, and it is right', () => {
    const wrong = [...batch.judged.good].filter(([id, cents]) => {
      const { bodies } = batch.results.of(id);
      return bodies.length !== 1 || (bodies[0] as { cents: number }).cents !== cents;
    });
    expect(wrong).toEqual([]);
    expect(batch.results.messages).toBe(batch.judged.good.size);
  });

  test('each has a message id of its own', () => {
    const ids = [...batch.judged.good.keys()].flatMap((id) => batch.results.of(id).messageIds);
    expect(new Set(ids).size).toBe(batch.judged.good.size);
  });

  test('poison of each kind is in it, has no result, is named in the report with its reason, and did not stop the run', () => {
    const { poison } = batch.judged;
    expect(new Set(poison.values())).toEqual(new Set(['http.410', 'EXPRESSION', 'TOTAL_MISMATCH']));
    expect(batch.results.names().filter((id) => poison.has(id))).toEqual([]);
    expect(end).toMatchObject({ status: 'succeeded', error: null });
    expect(report.poison).toEqual([...poison].map(([document, code]) => ({ document, code })));
  });

  test('the report’s counts are those of the documents', () => {
    const { good, poison } = batch.judged;
    expect(report).toMatchObject({ documents: count, processed: good.size });
    expect(good.size + poison.size).toBe(count);
    const reasons: Record<string, number> = {};
    for (const code of poison.values()) reasons[code] = (reasons[code] ?? 0) + 1;
    expect(report.reasons).toEqual(reasons);
  });

  test('documents that were busy were asked again, and nothing was asked more often than that', () => {
    expect(batch.judged.requests).toBeGreaterThan(count + 400);
    expect(batch.documents.requests).toBe(batch.judged.requests);
  });

  test('the executors that were added while it ran took part', async () => {
    expect(whenScaled).toBeLessThan(batch.judged.good.size);
    const shares = await sharesOf(batch.run);
    const executors = reprise.all('executor');
    expect(executors).toHaveLength(3);
    for (const executor of executors) expect(shares.filter((share) => isOf(share.executor, executor))).toHaveLength(1);
    expect(shares).toHaveLength(3);
  });
});

describe('4,000 documents, and one of three executors killed with results in its hands', () => {
  const count = 4_000;
  let batch: Awaited<ReturnType<typeof Batch.start>>;
  let doomed: KeptService;
  /** What the executor that was killed had begun to publish and not reported, and what of that it had published. */
  let lost: readonly string[];
  let unreported: readonly string[];
  let end: RunView;

  beforeAll(async () => {
    doomed = reprise.one('executor');
    batch = await Batch.start('killed', { count, seed: 2 });
    await batch.received(500);
    const inHand = await killWithResultsInHand(doomed, batch);
    end = await reprise.ended(batch.run, PATIENCE_MS);
    await batch.received(batch.judged.good.size);
    lost = await lostBy(doomed, batch.run);
    unreported = inHand.filter((id) => lost.includes(id));
    // The last ones may still be on their way to the consumer.
    await reprise.orTell(
      eventually(() => unreported.every((id) => batch.results.of(id).messageIds.length > 1), {
        what: 'what was not reported to be published again',
      }),
    );
  }, SUITE_MS);

  test('the run succeeds all the same, with the same report', () => {
    const { good, poison } = batch.judged;
    expect(end).toMatchObject({ status: 'succeeded', output: { documents: count, processed: good.size } });
    expect((end.output as unknown as Report).poison).toEqual([...poison].map(([document, code]) => ({ document, code })));
  });

  test('each good document has at least one result, all under one message id of its own', () => {
    const ids = [...batch.judged.good.keys()].map((id) => new Set(batch.results.of(id).messageIds));
    expect(ids.filter((each) => each.size !== 1)).toEqual([]);
    expect(new Set(ids.flatMap((each) => [...each])).size).toBe(batch.judged.good.size);
    expect(batch.results.documents).toBe(batch.judged.good.size);
  });

  test('what the killed executor had published and not reported was published again, and nothing else', () => {
    const again = batch.results.names().filter((id) => batch.results.of(id).messageIds.length > 1);
    expect(again).toEqual(expect.arrayContaining([...unreported]));
    expect(unreported.length).toBeGreaterThan(0);
    expect(again.filter((id) => !lost.includes(id))).toEqual([]);
  });
});

/** The documents whose publishing an executor has begun and not ended, as the ledger knows. */
async function publishing({ current: { pid } }: KeptService, run: string): Promise<readonly string[]> {
  const rows = await reprise.database.query<{ document: string }>(
    `select input -> 'body' ->> 'document' as document from reprise.task
     where run_id = $1 and status = 'running' and input ->> 'exchange' is not null and executor like $2`,
    [run, `%/${pid}/%`],
  );
  return rows.map(({ document }) => document);
}

/**
 * Stops an executor in its tracks, looks whether some of its results have come in that the ledger does not know of, and kills it then.
 * Outcomes may have been on their way when it was stopped: most of them are through when twice sixty more documents are.
 */
async function killWithResultsInHand(doomed: KeptService, batch: Batch & { readonly run: string }): Promise<readonly string[]> {
  const look = async () => {
    await batch.received(batch.results.documents + 60);
    return (await publishing(doomed, batch.run)).filter((id) => batch.results.of(id).messageIds.length > 0);
  };
  const found = await reprise.orTell(
    eventually(
      async () => {
        await doomed.kill('SIGSTOP');
        const first = await look();
        const inHand = (await look()).filter((id) => first.includes(id));
        if (inHand.length > 0) return inHand;
        await doomed.kill('SIGCONT');
        return false;
      },
      { what: 'an executor has published what it has not reported', timeoutMs: PATIENCE_MS },
    ),
  );
  await doomed.kill('SIGKILL');
  return found;
}

/** The documents of which an executor has lost the publishing. */
async function lostBy({ current: { pid } }: KeptService, run: string): Promise<readonly string[]> {
  const rows = await reprise.database.query<{ document: string }>(
    `select task.input -> 'body' ->> 'document' as document
     from reprise.attempt join reprise.task using (run_id, node, at)
     where run_id = $1 and outcome = 'lost' and attempt.executor like $2 and task.input ->> 'exchange' is not null`,
    [run, `%/${pid}/%`],
  );
  return rows.map(({ document }) => document);
}
