/** What a live executor says of itself in its lease row; other versions, or other languages, may have written it. */
export type ExecutorSays = Readonly<Record<string, unknown>>;

/** A call is quick when its handler takes less than this on average: attempts of quick calls may share a message. */
export const QUICK_MS = 20;

const has = (map: unknown, key: string): map is Readonly<Record<string, unknown>> =>
  typeof map === 'object' && map !== null && Object.hasOwn(map, key);

/**
 * Whether every executor that reads the lane and hosts the call has measured that it is quick. Of one that says nothing, as a new one
 * or a worker in another language, nothing is assumed.
 */
export function isQuick(executors: readonly ExecutorSays[], lane: string, call: string): boolean {
  const hosts = executors.filter(
    ({ queues, handlers }) => has(queues, lane) && Array.isArray(handlers) && handlers.includes(call),
  );
  return hosts.length > 0 && hosts.every(({ paces }) => has(paces, call) && Number(paces[call]) < QUICK_MS);
}
