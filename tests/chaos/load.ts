import { setTimeout as pause } from 'node:timers/promises';
import type { RunId } from '@reprise/core';
import { eventually } from '@reprise/testing';
import * as amqp from 'amqplib';
import { type Installation, requestTo } from '../system/installation.js';

/** Tasks a run of the load has. */
export const TASKS_PER_RUN = 4;

/** Two effects in an outside world, one that commits with its outcome, and one that fails once by itself; a fan-out and a join. */
export const LOAD = {
  workflow: 'load',
  on: [{ event: 'load.start', key: '${{ event.data.key }}', input: '${{ event.data }}' }],
  // A machine that is short of time loses attempts of its own accord, besides those that die: a task that is parked waits for a person.
  defaults: { retry: { maximumAttempts: 4, initialInterval: '50ms', maximumLost: 30 } },
  tasks: {
    first: { call: 'record', with: { step: 'first', ms: '${{ input.ms }}' } },
    // Its attempts fail with the database that is taken from them, and a busy machine leaves fewer of them enough time.
    left: { needs: ['first'], call: 'transact', with: { step: 'left' }, retry: { maximumAttempts: 200, maximumInterval: '2s' } },
    right: { needs: ['first'], call: 'stumble', with: { stumbles: '${{ input.stumbles }}' } },
    last: { needs: ['left', 'right'], call: 'record', with: { step: 'last', ms: '${{ input.ms }}' } },
  },
  output: '${{ tasks.last.output.step }}',
};

export interface LoadOptions {
  readonly runs: number;
  /** How long each recording handler takes. */
  readonly ms?: number;
  /** Pause between two starts, so that the load lasts. */
  readonly everyMs?: number;
  /** Goes on beyond `runs` until this is so. */
  readonly until?: Until;
}

export interface Until {
  readonly isSo: () => boolean;
  /** How far it has come, for the failure's message. */
  readonly soFar: () => string;
}

/**
 * For whatever is waited for, and no reason to wait: on a busy machine a service takes half a minute to come back, and one with six faults
 * does so six times before it answers.
 */
export const PATIENCE_MS = 600_000;
/** Of starts beyond `runs`, and more seldom the longer it takes: no more than the services can finish. */
const BEYOND_EVERY_MS = 150;
const SELDOMER = 1 / 200;

/** Longer than all waits of a test together: each of them says what it waited for in vain, the test runner does not. */
export const TEST_WITHIN_MS = 1_800_000;

/** Of all that a test has started: services that drain, queues that are deleted one by one. */
export const END_WITHIN_MS = 300_000;

/** Registers the workflow and makes the table its transactional effect goes to. */
export async function prepareLoad(reprise: Installation): Promise<void> {
  await reprise.register(LOAD);
  await reprise.database.query('create table if not exists public.effect (run uuid, task text, attempt int, fence bigint)');
  const [login] = await reprise.database.query<{ user: string }>(
    `select value ->> 'user' as user from reprise.setting where name = 'sql_role'`,
  );
  if (login !== undefined) await reprise.database.query(`grant insert on public.effect to "${login.user}"`);
}

/**
 * Starts runs by HTTP and by events, in turn, each under a key of its own. What is not answered or not confirmed is sent again under
 * the same key until it is, as a careful client would. Answers the keys: each of them is a promise to keep.
 */
export async function sendLoad(
  reprise: Installation,
  { runs, ms = 0, everyMs = 0, until = { isSo: () => true, soFar: () => '' } }: LoadOptions,
): Promise<readonly string[]> {
  const prefix = `k${Date.now()}`;
  const keys: string[] = [];
  const sending: Promise<void>[] = [];
  const failures: unknown[] = [];
  const began = performance.now();
  while (failures.length === 0 && (keys.length < runs || !until.isSo())) {
    const isBeyond = keys.length >= runs;
    if (isBeyond && performance.now() - began > PATIENCE_MS) {
      failures.push(new Error(`${keys.length} starts in ${PATIENCE_MS} ms were not enough: ${until.soFar()}`));
      break;
    }
    const index = keys.length;
    const key = `${prefix}-${index}`;
    keys.push(key);
    const input = { key, ms, stumbles: index % 5 === 0 };
    const sent = index % 2 === 0 ? startByHttp(reprise, key, input) : publishEvent(reprise, key, input);
    sending.push(sent.catch((error: unknown) => void failures.push(error)));
    const beyondMs = Math.max(BEYOND_EVERY_MS, (performance.now() - began) * SELDOMER);
    if (isBeyond || everyMs > 0) await pause(isBeyond ? beyondMs : everyMs);
  }
  if (failures.length === 0) await Promise.all(sending);
  if (failures.length > 0) await reprise.orTell(Promise.reject(failures[0]));
  return keys;
}

async function startByHttp(reprise: Installation, key: string, input: object): Promise<void> {
  await eventually(
    async () => {
      const { url } = reprise.one('trigger');
      const answer = await requestTo(url, 'POST', '/v1/workflows/load/runs', { input }, { 'idempotency-key': key });
      if (answer.status === 503) return false;
      if (answer.status > 202) throw new Error(`start ${key}: ${answer.status} ${JSON.stringify(answer.body)}`);
      return true;
    },
    { what: `start ${key} is answered`, timeoutMs: PATIENCE_MS },
  );
}

/** One channel an installation; an event that the broker returns is refused as one that it did not confirm. */
class EventChannel {
  private readonly refuse = new Map<string, (error: Error) => void>();

  private constructor(
    private readonly channel: amqp.ConfirmChannel,
    private readonly exchange: string,
  ) {
    channel.on('return', ({ properties }: amqp.Message) =>
      this.refuse.get(String(properties.messageId))?.(new Error('it found no queue')),
    );
  }

  static async open(reprise: Installation, forget: () => void): Promise<EventChannel> {
    const model = await amqp.connect(reprise.broker.url);
    model.on('error', forget).on('close', forget);
    reprise.onEnd(() => model.close().catch(() => undefined));
    const channel = await model.createConfirmChannel();
    return new EventChannel(channel.on('error', forget), reprise.broker.names.events);
  }

  async publish(key: string, input: object): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        timer = setTimeout(() => reject(new Error('it was not confirmed in time')), 5_000);
        this.refuse.set(key, reject);
        const options = { persistent: true, mandatory: true, messageId: key, appId: 'load' };
        this.channel.publish(this.exchange, 'load.start', Buffer.from(JSON.stringify(input)), options, (error) => {
          if (error) reject(new Error('it was refused', { cause: error }));
          else resolve();
        });
      });
    } finally {
      clearTimeout(timer);
      this.refuse.delete(key);
    }
  }
}

const channels = new WeakMap<Installation, Promise<EventChannel>>();

function channelOf(reprise: Installation): Promise<EventChannel> {
  const known = channels.get(reprise);
  if (known !== undefined) return known;
  const forget = () => channels.delete(reprise);
  const opening = EventChannel.open(reprise, forget);
  opening.catch(forget);
  channels.set(reprise, opening);
  return opening;
}

async function publishEvent(reprise: Installation, key: string, input: object): Promise<void> {
  await eventually(async () => (await channelOf(reprise)).publish(key, input), {
    what: `event ${key} is confirmed`,
    timeoutMs: PATIENCE_MS,
  });
}

/** Waits until every one of these keys has a run and all runs have ended. Answers the runs by key. */
export async function allEnded(
  reprise: Installation,
  keys: readonly string[],
  withinMs = PATIENCE_MS,
): Promise<ReadonlyMap<string, RunId>> {
  const rows = await reprise.orTell(
    eventually(
      async () => {
        const found = await reprise.database.query<{ id: RunId; key: string; ended: boolean; status: string }>(
          `select id, key, ended_at is not null as ended, status from reprise.run where key = any($1)`,
          [keys],
        );
        const open = found.filter(({ ended }) => !ended);
        if (found.length < keys.length) throw new Error(`${found.length} of ${keys.length} runs exist`);
        if (open.length > 0) throw new Error(`${open.length} of ${found.length} runs are open, such as ${open[0]?.id}`);
        return found;
      },
      { what: 'every accepted start has ended in a run', timeoutMs: withinMs },
    ),
  );
  return new Map(rows.map(({ id, key }) => [key, id]));
}
