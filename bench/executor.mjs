// An executor of the bench's own: handlers that do nothing, so that only the engine is measured.
import { startExecutor } from '@reprise/executor';
import { createServiceContext, runMain } from '@reprise/service';
import { defineHandler } from '@reprise/worker';

const handlers = [
  defineHandler('bench.noop', {}, () => ({ ok: true })),
  defineHandler('bench.stamp', {}, () => ({ startedAt: Date.now() })),
];

await runMain('executor', (settings) => startExecutor(createServiceContext('executor', settings), handlers));
