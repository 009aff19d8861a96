export type { Attempt, AttemptLogger, EffectHandle, EffectOptions, Probed, Transaction } from './attempt.js';
export { defineHandler } from './define-handler.js';
export { Executor, type ExecutorOptions } from './executor.js';
export { Handler, type HandlerDefinition, type HandlerOptions, type HandlerRetry } from './handler.js';
export { HandlerRegistry, HandlerRegistryError } from './handler-registry.js';
export {
  type RepriseExecutorAsyncOptions,
  RepriseExecutorModule,
  type RepriseExecutorOptions,
} from './reprise-executor.module.js';
export type { Transactions } from './run-attempt.js';
export type { StandardSchemaV1 } from './standard-schema.js';
export { type EmbeddedExecutorOptions, type RunningExecutor, startEmbeddedExecutor } from './start-embedded-executor.js';
export { TaskError, type TaskErrorOptions } from './task-error.js';
