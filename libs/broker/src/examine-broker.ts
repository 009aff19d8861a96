import { Duplex } from 'node:stream';
import {
  type BrokerFacts,
  type BrokerReached,
  type ManagementFacts,
  names,
  type QueueFacts,
  type SkippedCheck,
  type Topology,
  type TopologyOptions,
  topologyOf,
} from '@reprise/contracts';
import * as amqp from 'amqplib';
import { askManagement } from './ask-management.js';
import { reasonOf, refusalOf, replyCodeOf } from './broker-error.js';
import { onThrowAwayChannel } from './prepare-topology.js';

export interface ExamineBrokerOptions {
  readonly url: string;
  /** null: AMQP has to do. */
  readonly managementUrl: string | null;
  /** With the task queues to look at. */
  readonly topology: TopologyOptions;
  readonly longestAttemptMs: Readonly<Record<string, number>>;
}

const CONNECT_TIMEOUT_MS = 5_000;
const CONFIRM_WITHIN_MS = 5_000;
const NOT_FOUND = 404;
const PRECONDITION_FAILED = 406;

/** Gathers what the doctor's rules about the broker want to know, over a connection of its own. It judges nothing and never rejects. */
export async function examineBroker(
  options: ExamineBrokerOptions,
): Promise<{ readonly facts: BrokerFacts; readonly skipped: readonly SkippedCheck[] }> {
  let model: amqp.ChannelModel;
  try {
    const clientProperties = { connection_name: 'reprise doctor' };
    model = await amqp.connect(options.url, { timeout: CONNECT_TIMEOUT_MS, clientProperties });
  } catch (error) {
    const reason = reasonOf(error);
    return { facts: { kind: 'unreachable', reason: refusalOf(reason, options.url) ?? reason }, skipped: [] };
  }
  model.on('error', () => {});
  try {
    return await reached(model, options);
  } catch (error) {
    return { facts: { kind: 'unreachable', reason: `the connection ended: ${reasonOf(error)}` }, skipped: [] };
  } finally {
    await model.close().catch(() => {});
  }
}

async function reached(model: amqp.ChannelModel, options: ExamineBrokerOptions) {
  const topology = topologyOf(options.topology);
  const { management, skipped } = await managed(options, topology);
  const properties: Readonly<Record<string, unknown>> = { ...model.connection.serverProperties };
  const facts: BrokerReached = {
    kind: 'reached',
    version: typeof properties.version === 'string' ? properties.version : null,
    product: String(properties.product ?? ''),
    blocked: await whyBlocked(options.url),
    queueType: options.topology.queueType,
    queues: await queuesOf(model, options.topology, topology),
    ...(await exchangesOf(model, topology)),
    management,
    longestAttemptMs: options.longestAttemptMs,
  };
  return { facts, skipped };
}

async function managed(
  { url, managementUrl }: ExamineBrokerOptions,
  topology: Topology,
): Promise<{ readonly management: ManagementFacts | null; readonly skipped: readonly SkippedCheck[] }> {
  if (managementUrl === null) return { management: null, skipped: [] };
  try {
    return { management: await askManagement(managementUrl, url, topology), skipped: [] };
  } catch (error) {
    const enable = 'correct REPRISE_RABBITMQ_MANAGEMENT_URL; its login needs the tag `monitoring`';
    return { management: null, skipped: [{ check: 'RabbitMQ’s management API', why: reasonOf(error), enable }] };
  }
}

/**
 * An alarm holds back only who publishes, and then everything on that connection, its close too: asked over one that is thrown away.
 * A message that no queue wants, sent and confirmed, is the cheapest way to ask.
 */
async function whyBlocked(url: string): Promise<string | null> {
  const model = await amqp.connect(url, { timeout: CONNECT_TIMEOUT_MS, clientProperties: { connection_name: 'reprise doctor' } });
  model.on('error', () => {});
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`nothing was confirmed within ${CONFIRM_WITHIN_MS} ms`), CONFIRM_WITHIN_MS);
  });
  try {
    const channel = await model.createConfirmChannel();
    channel.on('error', () => {});
    const blocked = new Promise<string>((resolve) => model.once('blocked', (reason: string) => resolve(reason)));
    const confirmed = new Promise<null>((resolve) => {
      channel.publish('', 'reprise.doctor.nobody', Buffer.alloc(0), {}, () => resolve(null));
    });
    const answer = await Promise.race([blocked, confirmed, late]);
    if (answer === null) await model.close();
    else hangUp(model);
    return answer;
  } finally {
    clearTimeout(timer);
  }
}

function hangUp({ connection }: amqp.ChannelModel): void {
  if ('stream' in connection && connection.stream instanceof Duplex) connection.stream.destroy(new Error('not waited for'));
}

async function queuesOf(model: amqp.ChannelModel, options: TopologyOptions, topology: Topology): Promise<readonly QueueFacts[]> {
  const { taskQueue } = names(options.prefix);
  const ownNames = new Map((options.taskQueues ?? []).map((name) => [taskQueue(name), name]));
  const facts: QueueFacts[] = [];
  for (const { name, arguments: wanted } of topology.queues) {
    const known = { name, taskQueue: ownNames.get(name) ?? null };
    try {
      const { messageCount: messages, consumerCount: consumers } = await onThrowAwayChannel(model, (channel) =>
        channel.checkQueue(name),
      );
      facts.push({ ...known, exists: true, messages, consumers, mismatch: await mismatchOf(model, name, wanted) });
    } catch (error) {
      if (replyCodeOf(error) !== NOT_FOUND) throw error;
      facts.push({ ...known, exists: false, messages: 0, consumers: 0, mismatch: null });
    }
  }
  return facts;
}

/** Declaring what is there changes nothing, and the broker compares every argument. */
async function mismatchOf(
  model: amqp.ChannelModel,
  name: string,
  wanted: Readonly<Record<string, unknown>>,
): Promise<QueueFacts['mismatch']> {
  try {
    await onThrowAwayChannel(model, (channel) => channel.assertQueue(name, { durable: true, arguments: { ...wanted } }));
    return null;
  } catch (error) {
    if (replyCodeOf(error) !== PRECONDITION_FAILED) throw error;
    const [, argument = 'property', detail = reasonOf(error)] =
      /inequivalent arg '([^']+)' [^:]*: ([^"]*)/.exec(reasonOf(error)) ?? [];
    return { argument, detail };
  }
}

async function exchangesOf(
  model: amqp.ChannelModel,
  topology: Topology,
): Promise<Pick<BrokerReached, 'missingExchanges' | 'mismatchedExchanges'>> {
  const missingExchanges: string[] = [];
  const mismatchedExchanges: { name: string; detail: string }[] = [];
  for (const { name, type } of topology.exchanges) {
    try {
      await onThrowAwayChannel(model, (channel) => channel.checkExchange(name));
      await onThrowAwayChannel(model, (channel) => channel.assertExchange(name, type, { durable: true }));
    } catch (error) {
      if (replyCodeOf(error) === NOT_FOUND) missingExchanges.push(name);
      else if (replyCodeOf(error) === PRECONDITION_FAILED) mismatchedExchanges.push({ name, detail: reasonOf(error) });
      else throw error;
    }
  }
  return { missingExchanges, mismatchedExchanges };
}
