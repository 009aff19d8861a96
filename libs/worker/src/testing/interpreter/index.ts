export { type AttemptFate, type CommitFate, type Fates, fatesFrom, type MessageFate, ORDERLY } from './fates.js';
export { Interpreter } from './interpreter.js';
export type { InterpreterOptions } from './interpreter-options.js';
export { LawBroken } from './law-broken.js';
export type { Answered, PersonAnswer } from './memory/approval-book.js';
export { EffectBook, type EffectRow } from './memory/effect-book.js';
export type { SimulatedEvent } from './memory/memory-events.js';
export { MemoryLedger } from './memory/memory-ledger.js';
export { deepFreeze } from './memory/stored-row.js';
export type { ChildFate, SimulatedChild, SimulatedWorkflows } from './simulated-children.js';
export {
  answering,
  failWith,
  type Hands,
  type SimulatedAnswer,
  type SimulatedAttempt,
  type SimulatedHandler,
  type SimulatedWork,
  succeedWith,
} from './simulated-handler.js';
export type { SimulatedPeople, SimulatedRequest } from './simulated-people.js';
export type { DecisionRecord } from './simulated-scheduler.js';
export { workflowOf } from './workflow-of.js';
