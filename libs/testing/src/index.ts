export {
  type AttemptFate,
  answering,
  type ChildFate,
  type CommitFate,
  type DecisionRecord,
  deepFreeze,
  type Fates,
  failWith,
  fatesFrom,
  Interpreter,
  type InterpreterOptions,
  LawBroken,
  MemoryLedger,
  type MessageFate,
  ORDERLY,
  type SimulatedAnswer,
  type SimulatedAttempt,
  type SimulatedHandler,
  type SimulatedPeople,
  type SimulatedRequest,
  succeedWith,
  workflowOf,
} from '@reprise/worker/testing/interpreter';
export { eventually, type Patience } from './eventually.js';
export { type FinishedRuns, insertFinishedRuns } from './finished-runs.js';
export {
  type AnyDocumentOptions,
  anyDocument,
  settledHandler,
  settledWorkflows,
  tapedHandler,
  withAftermath,
} from './interpreter/index.js';
export { type History, RecordedHistory } from './recorded-history.js';
export { type AppName, type ProcessEnd, ServiceProcess, type StartOptions, startProcess, withFaults } from './service-process.js';
export { type RegisteredWorkflow, registerWorkflow, type StartedRun, startRuns } from './started-runs.js';
export { TcpProxy } from './tcp-proxy.js';
export { TestBroker } from './test-broker.js';
export { EmptyDatabase, TestDatabase } from './test-database.js';
export { BROKER_URL, dropTopology, testPrefix } from './test-prefix.js';
export { POSTGRES_URL } from './test-server.js';
