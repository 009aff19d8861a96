import type { QueueSpec, Topology } from '@reprise/contracts';
import type { Channel, ChannelModel } from 'amqplib';
import { reasonOf, replyCodeOf, TopologyMismatchError } from './broker-error.js';

const PRECONDITION_FAILED = 406;

/**
 * Declares what is missing; what exists is left as it is. Rejects with a TopologyMismatchError when something exists with
 * other arguments, and with amqplib's error when the connection ends.
 */
export async function prepareTopology(model: ChannelModel, topology: Topology): Promise<void> {
  await onThrowAwayChannel(model, async (channel) => {
    for (const { name, type } of topology.exchanges) await channel.assertExchange(name, type, { durable: true });
    for (const queue of topology.queues) await channel.assertQueue(queue.name, declared(queue));
    for (const { source, destination, destinationKind, pattern } of topology.bindings) {
      if (destinationKind === 'queue') await channel.bindQueue(destination, source, pattern);
      else await channel.bindExchange(destination, source, pattern);
    }
  }).catch((error: unknown) => {
    throw mismatchIn(error) ?? error;
  });
}

/** For tests: removes every queue and exchange of the topology with all messages in them. */
export async function deleteTopology(model: ChannelModel, topology: Topology): Promise<void> {
  await onThrowAwayChannel(model, async (channel) => {
    for (const { name } of topology.queues) await channel.deleteQueue(name);
    for (const { name } of topology.exchanges) await channel.deleteExchange(name);
  });
}

/** Runs `work` on a channel of its own, so that an error which closes the channel closes nobody else's. */
export async function onThrowAwayChannel<T>(model: ChannelModel, work: (channel: Channel) => Promise<T>): Promise<T> {
  const channel = await model.createChannel();
  // The failing call rejects with the same error; without a listener the event would end the connection.
  channel.on('error', () => {});
  try {
    return await work(channel);
  } finally {
    await closeQuietly(channel);
  }
}

/** Closes a channel that may be closed already: amqplib throws then, synchronously. */
export async function closeQuietly(channel: Channel): Promise<void> {
  try {
    await channel.close();
  } catch {
    return;
  }
}

export function declared(queue: QueueSpec): { durable: true; arguments: Record<string, unknown> } {
  return { durable: true, arguments: { ...queue.arguments } };
}

function mismatchIn(error: unknown): TopologyMismatchError | undefined {
  if (replyCodeOf(error) !== PRECONDITION_FAILED) return undefined;
  const found = /inequivalent arg '([^']+)' for (queue|exchange) '([^']+)' in vhost '[^']*': ([^"]*)/.exec(reasonOf(error));
  if (!found) return undefined;
  const [, argument = '', object, name = '', detail = ''] = found;
  return new TopologyMismatchError(object === 'exchange' ? 'exchange' : 'queue', name, argument, detail, error);
}
