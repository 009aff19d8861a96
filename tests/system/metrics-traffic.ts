import { encodeAttempts, toInbox } from '@reprise/contracts';
import { type ClaimId, type Fence, fence, type JsonText, type RunId, type VersionId } from '@reprise/core';
import { systemClock } from '@reprise/service';
import { eventually } from '@reprise/testing';
import type { Installation } from './installation.js';

const STRUCTURED = { 'content-type': 'application/cloudevents+json' };
const ONCE = { maximumAttempts: 1 };
const QUICK = { maximumAttempts: 5, initialInterval: '10ms', jitter: 'none' };
/** Nobody answers there. */
const NO_PROVIDER = 'http://127.0.0.1:9';

const call = (name: string, fields: object = {}) => ({ tasks: { work: { call: name, ...fields } } });

const DOCUMENTS: Readonly<Record<string, object>> = {
  fine: {
    input: { type: 'object', properties: { n: { type: 'number' } } },
    on: [{ event: 'fine.asked', input: '${{ event.data }}' }],
    ...call('noop'),
  },
  failing: call('flaky', { with: { times: 9 }, retry: ONCE }),
  retried: call('flaky', { with: { times: 2 }, retry: QUICK }),
  late: call('slow', { with: { ms: 60_000 }, timeout: '300ms', retry: ONCE }),
  lost: call('crash', { with: { times: 1 }, queue: 'deadly', retry: QUICK }),
  stopped: call('slow', { with: { ms: 600_000 } }),
  parked: call('flaky', { with: { times: 9 }, retry: { ...ONCE, onExhausted: 'park' } }),
  doubted: call('pay.blind', { with: { provider: NO_PROVIDER }, onInDoubt: 'fail', retry: ONCE }),
  keyed: call('record', { with: { step: 1 }, idempotencyKey: '${{ input.order }}' }),
  // It ends as it begins: a trigger's work alone.
  born: { tasks: { work: { transform: 1 } } },
  lonely: { concurrency: { limit: 1 }, ...call('slow', { with: { ms: 600_000 } }) },
  unheard: call('noop', { queue: 'nobody' }),
  // So seldom that none comes while the test goes on.
  timed: { on: [{ schedule: { id: 'seldom', every: '100d' } }], ...call('noop') },
};

/** Everything that can become of a run, an attempt or an event, at least once. */
export class Traffic {
  readonly duplicates = 2;
  readonly conflicts = 1;
  /** One over HTTP, one over AMQP. */
  readonly unreadable = 2;
  readonly letters = 1;

  constructor(private readonly reprise: Installation) {}

  async all(): Promise<void> {
    const { reprise } = this;
    for (const [workflow, document] of Object.entries(DOCUMENTS)) await reprise.register({ workflow, ...document });
    await reprise.request('POST', '/v1/dependencies/bank/open', {});
    const stopped = await reprise.startRun('stopped');
    const [holding, waiting] = [await reprise.startRun('lonely'), await reprise.startRun('lonely')];
    await reprise.startRun('unheard');
    const ended = ['fine', 'failing', 'retried', 'late', 'lost', 'doubted', 'born'];
    const runs = await Promise.all(ended.map((workflow) => reprise.startRun(workflow)));
    const parked = await reprise.startRun('parked');
    await this.startTwice();
    await this.tellEvents();
    await this.makeLate();
    await Promise.all(runs.map((run) => reprise.ended(run)));
    await reprise.taskIs(parked, 'work', ['parked']);
    await reprise.taskIs(stopped, 'work', ['running']);
    await reprise.request('POST', `/v1/runs/${stopped}/cancel`, {});
    // One that has a place runs on, one that waits for it has never begun.
    await reprise.request('POST', `/v1/runs/${waiting}/cancel`, {});
    await Promise.all([stopped, waiting].map((run) => reprise.ended(run)));
    await reprise.taskIs(holding, 'work', ['running']);
    await this.repeatMessages(runs[0] ?? '');
  }

  /** The same start, and the same call, under a key. */
  private async startTwice(): Promise<void> {
    const { reprise } = this;
    const key = { 'idempotency-key': 'only-once' };
    const first = await reprise.startRun('keyed', { order: 'o-1' }, key);
    if ((await reprise.startRun('keyed', { order: 'o-1' }, key)) !== first) throw new Error('a key has started two runs');
    await reprise.ended(first);
    await reprise.run('keyed', { order: 'o-1' });
  }

  private async tellEvents(): Promise<void> {
    const { reprise } = this;
    const send = (fields: object) =>
      reprise.request('POST', '/v1/events', { specversion: '1.0', source: 'shop', ...fields }, STRUCTURED);
    for (let again = 0; again <= this.duplicates; again += 1) await send({ type: 'fine.asked', id: 'e1', data: { n: 1 } });
    await send({ type: 'fine.asked', id: 'e1', data: { n: 2 } });
    await send({ type: 'fine.asked', id: 'e2', data: { n: 'no number' } });
    await send({ type: 'of.no.interest', id: 'e3', data: {} });
    const bad = await send({ id: 'without a type' });
    if (bad.status !== 422) throw new Error(`an event without a type: ${bad.status}`);
    await reprise.broker.channel(async (channel) => {
      channel.publish(reprise.broker.names.events, 'fine.asked', Buffer.from('no JSON'));
    });
  }

  /** As if no trigger had been there for three of its instants. */
  private async makeLate(): Promise<void> {
    await this.reprise.database.query(
      `update reprise.schedule set next_instant = next_instant - interval '400 days', due_at = due_at - interval '400 days'
       where workflow = 'timed'`,
    );
    await this.reprise.orTell(
      eventually(
        async () => (await this.reprise.database.query(`select 1 from reprise.run where workflow = 'timed'`)).length === 1,
        { what: 'the newest instant to fire' },
      ),
    );
  }

  /** The ticket of an attempt that has ended, and an outcome that somebody else could only have dreamt of. */
  private async repeatMessages(run: string): Promise<void> {
    const { names } = this.reprise.broker;
    const [row] = await this.reprise.database.query<{ version: string; fence: number }>(
      `select r.workflow_id as version, t.fence from reprise.task as t join reprise.run as r on r.id = t.run_id where r.id = $1`,
      [run],
    );
    if (row === undefined) throw new Error(`run ${run} has no task`);
    const held = fence(row.fence - 1);
    const address = { run: run as RunId, version: row.version as VersionId, node: 0, at: '' };
    const ticket = { ...address, workflow: 'fine', path: 'work', call: 'noop', attempt: 1, fence: held };
    const claim = systemClock.uuid() as ClaimId;
    const dreamt = { kind: 'succeeded', output: 'null' as JsonText } as const;
    const outcome = toInbox(names, [{ kind: 'outcome', ...address, fence: held as Fence, claim, outcome: dreamt }]);
    await this.reprise.broker.channel(async (channel) => {
      channel.publish(names.attempts, 'default', Buffer.from(encodeAttempts([ticket])));
      channel.publish(outcome.exchange, outcome.routingKey, Buffer.from(outcome.body));
    });
  }
}
