/** Nest's name for the ServiceContext that a service's controllers are given. */
export const SERVICE_CONTEXT = Symbol('ServiceContext');
