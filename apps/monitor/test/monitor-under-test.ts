import { parseDocument, type RunId, runId, startRun, toJsonText, type VersionId, versionId } from '@reprise/core';
import { StartStore, WorkflowStore } from '@reprise/ledger';
import { type RunningService, systemClock } from '@reprise/service';
import { TestBroker, TestDatabase } from '@reprise/testing';
import { monitorOn } from './monitor-on.js';

const DOCUMENT = 'workflow: ship\ndescription: Ships it.\ntasks:\n  pack: { call: shop.pack, idempotencyKey: "${{ run.id }}" }\n';
const parsed = parseDocument(DOCUMENT);
if (parsed.kind === 'bad') throw new Error(JSON.stringify(parsed.problems));
const { workflow, document } = parsed;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: (Record<string, never> & { items: Record<string, unknown>[] }) | null;
}

/** A monitor over HTTP, on a ledger with the workflow `ship`, and nobody else: the test is the trigger, schedulers and executors. */
export class MonitorUnderTest {
  readonly broker = new TestBroker();
  readonly version: VersionId = versionId(systemClock.uuidv7());
  /** Where it looks for the trigger; at first there is none. */
  triggerPort = 1;
  private own: { readonly db: TestDatabase; readonly monitor: RunningService } | null = null;

  get db(): TestDatabase {
    if (this.own === null) throw new Error('not begun yet');
    return this.own.db;
  }

  begin = async (): Promise<void> => {
    const db = await TestDatabase.create();
    await new WorkflowStore(db.database).register(this.version, 'ship', null, document);
    const triggerUrl = () => `http://127.0.0.1:${this.triggerPort}`;
    const environment = { REPRISE_LEASE: '300ms' };
    this.own = { db, monitor: await monitorOn(db, this.broker, { triggerUrl, environment }) };
  };

  end = async (): Promise<void> => {
    const report = await this.own?.monitor.close();
    await this.broker.end();
    await this.own?.db.end();
    if (report?.clean !== true) throw new Error(`it did not stop cleanly: ${JSON.stringify(report)}`);
  };

  /** A run of `ship` whose attempt waits to be claimed. */
  start = async (): Promise<RunId> => {
    const id = runId(systemClock.uuidv7());
    const limits = { maxInputBytes: 1e6, maxOutputBytes: 1e6, maxItems: 1e5 };
    const request = { id, input: toJsonText({ a: 1 }), labels: {} };
    const { run, tasks, attempts } = startRun(workflow, request, { now: Date.now(), units: [], limits });
    const start = { run, version: this.version, workflow: 'ship', trigger: 'api', key: null, tasks, attempts };
    await new StartStore(this.db.database).insertRuns([start]);
    return id;
  };

  http = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> => {
    const answer = await fetch(`${this.own?.monitor.url}${path}`, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, text, json: text === '' ? null : safeJson(text) };
  };

  /** A field of each item, page by page. */
  pagesOf = async (path: string, field: string): Promise<readonly (readonly unknown[])[]> => {
    const pages: (readonly unknown[])[] = [];
    for (let cursor = ''; pages.length < 20; ) {
      const { status, json } = await this.http('GET', `${path}${cursor}`);
      if (status !== 200) throw new Error(`${path}${cursor} is answered with ${status}`);
      pages.push(json?.items.map((item) => item[field]) ?? []);
      if (json?.['next'] === null) return pages;
      cursor = `&cursor=${json?.['next']}`;
    }
    throw new Error(`${path} has no end`);
  };
}

function safeJson(text: string): Record<string, never> & { items: Record<string, unknown>[] } {
  try {
    return JSON.parse(text);
  } catch {
    return { items: [] } as never;
  }
}
