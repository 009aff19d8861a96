import { setTimeout as pause } from 'node:timers/promises';

export interface Going {
  stop(): Promise<void>;
}

/** Does this again and again until told to stop; an error is for whoever stops it. */
export function steadily(everyMs: number, work: () => Promise<unknown>): Going {
  const stopping = new AbortController();
  const going = (async () => {
    while (!stopping.signal.aborted) {
      await work();
      await pause(everyMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  going.catch(() => undefined);
  return {
    async stop() {
      stopping.abort();
      await going;
    },
  };
}
