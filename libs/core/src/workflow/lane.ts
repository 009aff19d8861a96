/** How urgent a call is, beside the other work of its queue. */
export const PRIORITIES = ['high', 'normal', 'low'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** Where an attempt waits in its task queue: by the priority of its task, and retries by themselves. */
export const LANES = ['high', 'normal', 'retry', 'low'] as const;
export type Lane = (typeof LANES)[number];

/** What routes to a lane: the queue's own name is that of its normal lane, which every worker reads. */
export const laneKey = (queue: string, lane: Lane): string => (lane === 'normal' ? queue : `${queue}.${lane}`);

/** The keys of a task queue. */
export const laneKeys = (queue: string): readonly string[] => LANES.map((lane) => laneKey(queue, lane));

/** Names of task queues have no dot, so no queue is taken for another one's lane. */
export function readLaneKey(key: string): { readonly queue: string; readonly lane: Lane } {
  const lane = LANES.find((each) => each !== 'normal' && key.endsWith(`.${each}`));
  return lane === undefined ? { queue: key, lane: 'normal' } : { queue: key.slice(0, -lane.length - 1), lane };
}
