import type { BindingSpec, QueueSpec, Topology } from '@reprise/contracts';
import type { Channel, ChannelModel, ConfirmChannel, Message, Options } from 'amqplib';
import { BrokerError, reasonOf, replyCodeOf } from './broker-error.js';
import type { BrokerLogger } from './broker-logger.js';
import { closeQuietly, declared, onThrowAwayChannel } from './prepare-topology.js';

const NOT_FOUND = 404;
const RESOURCE_LOCKED = 405;
/** Messages on their way from one queue to the other. */
const PREFETCH = 500;

export interface MigrationOptions {
  readonly prefix: string;
  readonly topology: Topology;
  readonly logger: BrokerLogger;
}

/** Whose messages were being moved when its process died; asked for at every connect. */
const markerOf = (prefix: string): string => `${prefix}.moving`;
const lockOf = (prefix: string): string => `${prefix}.moving.lock`;
const holdingOf = (queue: string): string => `${queue}.moving`;

/**
 * Declares a queue anew that exists with other arguments, and loses nothing of what is in it or comes meanwhile. A holding queue takes
 * over its bindings, then its messages (confirmed before they are acknowledged), until the new queue takes both back. Each step can
 * be done twice: after a death in between, the next process finds the marker and does all of it again.
 * One process at a time, and only while nobody reads the queue: what a reader has not acknowledged cannot be moved.
 */
export async function migrateQueue(model: ChannelModel, queue: string, options: MigrationOptions): Promise<void> {
  await underLock(model, options, () => move(model, queue, options));
}

/** Goes on with what a process that died has left half done; without any, one question to the broker. A queue that is not of this topology is left to who declares it. */
export async function resumeMigrations(model: ChannelModel, options: MigrationOptions): Promise<void> {
  if ((await messagesIn(model, markerOf(options.prefix))) === null) return;
  await underLock(model, options, async () => {
    for (const { name } of options.topology.queues) {
      if ((await messagesIn(model, holdingOf(name))) !== null) await move(model, name, options);
    }
  });
}

/** An exclusive queue is a lock that ends with its connection. */
async function underLock(model: ChannelModel, { prefix }: MigrationOptions, work: () => Promise<void>): Promise<void> {
  const lock = lockOf(prefix);
  try {
    await onThrowAwayChannel(model, (channel) => channel.assertQueue(lock, { exclusive: true, durable: false }));
  } catch (error) {
    if (replyCodeOf(error) !== RESOURCE_LOCKED) throw error;
    throw new BrokerError('NOT_CONNECTED', 'another process is moving a queue whose arguments have changed', error);
  }
  try {
    await work();
  } finally {
    await onThrowAwayChannel(model, (channel) => channel.deleteQueue(lock)).catch(() => {});
  }
}

async function move(model: ChannelModel, queue: string, { prefix, topology, logger }: MigrationOptions): Promise<void> {
  const spec = topology.queues.find(({ name }) => name === queue);
  if (spec === undefined) throw new BrokerError('REFUSED', `${queue} is no queue of the topology`);
  const bindings = topology.bindings.filter(
    ({ destination, destinationKind }) => destinationKind === 'queue' && destination === queue,
  );
  await refuseWhileRead(model, queue);
  logger.warn({ queue }, 'the arguments of a queue have changed: moving what is in it');
  const holding = holdingOf(queue);
  await onThrowAwayChannel(model, async (channel) => {
    await channel.assertQueue(markerOf(prefix), { durable: true });
    await channel.assertQueue(holding, { durable: true, arguments: { 'x-queue-type': spec.arguments['x-queue-type'] } });
    await channel.assertExchange(holding, 'fanout', { durable: true });
    await channel.bindQueue(holding, holding, '');
    for (const { source, pattern } of bindings) await channel.bindQueue(holding, source, pattern);
  });
  const moved = await emptied(model, queue, bindings, holding);
  await onThrowAwayChannel(model, async (channel) => {
    const { messageCount } = await channel.deleteQueue(queue);
    // Published to by its name between our last look and now: the ledger knows, and the watch has it sent again.
    if (messageCount > 0) logger.warn({ queue, messages: messageCount }, 'messages came while the queue was replaced');
  });
  await onThrowAwayChannel(model, (channel) => renewed(channel, spec, bindings, holding));
  await drain(model, holding, holding);
  await onThrowAwayChannel(model, async (channel) => {
    await channel.deleteQueue(holding);
    await channel.deleteExchange(holding);
    await channel.deleteQueue(markerOf(prefix));
  });
  logger.info({ queue, messages: moved }, 'the queue has its new arguments, and its messages');
}

/** Its old self takes nothing new over its bindings, and gives up what it has; one that is gone already has given it up. */
async function emptied(model: ChannelModel, queue: string, bindings: readonly BindingSpec[], exchange: string): Promise<number> {
  if ((await messagesIn(model, queue)) === null) return 0;
  await onThrowAwayChannel(model, async (channel) => {
    for (const { source, pattern } of bindings) await channel.unbindQueue(queue, source, pattern);
  });
  return drain(model, queue, exchange);
}

async function renewed(channel: Channel, spec: QueueSpec, bindings: readonly BindingSpec[], holding: string): Promise<void> {
  await channel.assertQueue(spec.name, declared(spec));
  for (const { source, pattern } of bindings) {
    await channel.bindQueue(spec.name, source, pattern);
    await channel.unbindQueue(holding, source, pattern);
  }
  // First the new way, then not the old one: what comes in between comes twice, which is allowed.
  await channel.bindQueue(spec.name, holding, '');
  await channel.unbindQueue(holding, holding, '');
}

async function refuseWhileRead(model: ChannelModel, queue: string): Promise<void> {
  const readers = await onThrowAwayChannel(model, (channel) => channel.checkQueue(queue)).then(
    ({ consumerCount }) => consumerCount,
    (error: unknown) => {
      if (replyCodeOf(error) === NOT_FOUND) return 0;
      throw error;
    },
  );
  if (readers === 0) return;
  const what = `the arguments of ${queue} have changed, and ${readers} consumers still read it as it was`;
  throw new BrokerError('NOT_CONNECTED', `${what}: stop the services of the old version, then it is moved`);
}

async function messagesIn(model: ChannelModel, queue: string): Promise<number | null> {
  try {
    return (await onThrowAwayChannel(model, (channel) => channel.checkQueue(queue))).messageCount;
  } catch (error) {
    if (replyCodeOf(error) === NOT_FOUND) return null;
    throw error;
  }
}

/** Publishes everything in a queue to an exchange under the same routing keys; acknowledged only once that is confirmed. */
async function drain(model: ChannelModel, queue: string, exchange: string): Promise<number> {
  const channel = await model.createConfirmChannel();
  const moved: Moved = { count: 0, last: null, acknowledged: 0, failure: null };
  channel.on('error', (error) => {
    moved.failure ??= error;
  });
  channel.on('return', () => {
    moved.failure ??= new BrokerError('NOT_SENT', `${exchange} is bound to nothing`);
  });
  const pass = (message: Message | null): void => {
    if (message === null) return;
    channel.publish(exchange, message.fields.routingKey, message.content, propertiesOf(message));
    moved.last = message;
    moved.count += 1;
  };
  try {
    await channel.prefetch(PREFETCH);
    const { consumerTag } = await channel.consume(queue, pass);
    while (!(await settled(channel, moved)) || (await channel.checkQueue(queue)).messageCount > 0);
    // What was on its way to us comes before the answer to this.
    await channel.cancel(consumerTag);
    await settled(channel, moved);
    for (let next = await channel.get(queue); next !== false; next = await channel.get(queue)) pass(next);
    await settled(channel, moved);
    return moved.count;
  } catch (error) {
    throw new BrokerError('CHANNEL_CLOSED', `${queue} could not be moved: ${reasonOf(moved.failure ?? error)}`, error);
  } finally {
    await closeQuietly(channel);
  }
}

interface Moved {
  count: number;
  last: Message | null;
  acknowledged: number;
  failure: unknown;
}

/** Acknowledges what is confirmed; false: more has come meanwhile. */
async function settled(channel: ConfirmChannel, moved: Moved): Promise<boolean> {
  const { count, last } = moved;
  await channel.waitForConfirms();
  if (moved.failure !== null) throw moved.failure;
  if (last !== null && count > moved.acknowledged) channel.ack(last, true);
  moved.acknowledged = count;
  return moved.count === count;
}

/** As they came, but the user: the broker lets nobody publish in another's name. */
function propertiesOf({ properties }: Message): Options.Publish {
  const { userId: _userId, ...rest } = properties;
  return { ...rest, persistent: true, mandatory: true };
}
