/** Nest's name for the signal that is aborted when the monitor begins to stop. */
export const DRAINING = Symbol('AbortSignal of the drain');
