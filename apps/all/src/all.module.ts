import { startExecutor } from '@reprise/executor';
import { startMonitor } from '@reprise/monitor';
import { startScheduler } from '@reprise/scheduler';
import { createServiceContext, type RunningService, type Settings } from '@reprise/service';
import { startTrigger } from '@reprise/trigger';

/** The four services in one process: same code, same messages, the real broker. All at once, so that each can say what it waits for. */
export async function startAll(settings: Settings): Promise<readonly RunningService[]> {
  // With REPRISE_PORT=0 the trigger's port is known only once it listens.
  let triggerUrl = settings.triggerUrl;
  const trigger = startTrigger(createServiceContext('trigger', settings));
  trigger.then(
    (service) => {
      triggerUrl = service.url;
    },
    () => undefined,
  );
  return Promise.all([
    startMonitor(createServiceContext('monitor', settings), { triggerUrl: () => triggerUrl }),
    trigger,
    startScheduler(createServiceContext('scheduler', settings)),
    startExecutor(createServiceContext('executor', settings)),
  ]);
}
