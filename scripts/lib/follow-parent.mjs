/*
 * Loaded into each service by the launcher (`node --import`): when the launcher is gone, however it went, the service drains and
 * ends as if it had been asked to.
 */
const HARD_END_MS = 45_000;

if (process.connected) {
  process.on('disconnect', () => {
    process.kill(process.pid, 'SIGTERM');
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), HARD_END_MS).unref();
  });
  process.channel?.unref();
  // The launcher was also the reader of what we print; drain without it.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}
