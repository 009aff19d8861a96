import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { deleteTopology } from '@reprise/broker';
import { taskQueueTopology, topologyOf } from '@reprise/contracts';
import { laneKeys } from '@reprise/core';
import * as amqp from 'amqplib';

/** The RabbitMQ that tests use. */
export const BROKER_URL = process.env['AMQP_URL'] ?? 'amqp://guest:guest@127.0.0.1:5672';

/** Suites begin and end with it: a broker that does not answer must not keep them for ever. */
export const connectTo = (url: string): Promise<amqp.ChannelModel> => amqp.connect(url, { timeout: 30_000 });

/** One file a prefix, named like it, for as long as its queues may exist: what a killed run leaves behind is swept before the next one. */
const PREFIXES = path.join(tmpdir(), `reprise-test-prefixes-${userInfo().uid}`);

/** First part of every exchange and queue of one test: nobody else's. */
export function testPrefix(): string {
  const prefix = `t${process.pid}_${randomBytes(4).toString('hex')}`;
  mkdirSync(PREFIXES, { recursive: true });
  writeFileSync(path.join(PREFIXES, prefix), '');
  return prefix;
}

/** Removes every exchange and queue of a prefix, with all messages in them. */
export async function dropTopology(prefix: string, taskQueues: readonly string[] = [], url: string = BROKER_URL): Promise<void> {
  const model = await connectTo(url);
  try {
    const options = { prefix, queueType: 'quorum' } as const;
    await deleteTopology(model, topologyOf(options));
    for (const key of taskQueues.flatMap(laneKeys)) await deleteTopology(model, taskQueueTopology(options, key));
    rmSync(path.join(PREFIXES, prefix), { force: true });
  } finally {
    await model.close();
  }
}
