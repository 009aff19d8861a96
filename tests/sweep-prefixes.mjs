import { readdir, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { deleteTopology } from '@reprise/broker';
import { taskQueueTopology, topologyOf } from '@reprise/contracts';
import { laneKeys } from '@reprise/core';
import amqp from 'amqplib';

const PREFIXES = path.join(tmpdir(), `reprise-test-prefixes-${userInfo().uid}`);

/**
 * Before all tests: removes the queues of test runs that were killed. A quorum queue reserves about three file handles of its broker,
 * and one with 1,024 of them stops taking connections after a handful of forgotten topologies.
 */
export default async function sweepPrefixes() {
  const left = (await readdir(PREFIXES).catch(() => [])).filter((prefix) => !isAlive(Number(/^t(\d+)_/.exec(prefix)?.[1])));
  if (left.length === 0) return;
  const model = await amqp
    .connect(process.env.AMQP_URL ?? 'amqp://guest:guest@127.0.0.1:5672', { timeout: 5_000 })
    .catch(() => null);
  if (model === null) return;
  for (const prefix of left) {
    const options = { prefix, queueType: 'quorum' };
    await deleteTopology(model, topologyOf(options));
    for (const key of laneKeys('default')) await deleteTopology(model, taskQueueTopology(options, key));
    await rm(path.join(PREFIXES, prefix), { force: true });
  }
  await model.close();
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
