/** Nest's name for the TopologyNames that controllers are given. */
export const BROKER_NAMES = Symbol('TopologyNames');
