export type {
  ApprovalView,
  AttemptLogView,
  AttemptView,
  BackfillView,
  BatchView,
  DeadLetterState,
  DeadLetterView,
  DependencyView,
  EffectView,
  EventView,
  ExecutorView,
  HistoryFact,
  LogLine,
  OutcomeView,
  Page,
  QueueView,
  RetrySimulationView,
  RunSummary,
  RunView,
  ScheduleInstant,
  ScheduleView,
  TaskDetail,
  TaskView,
  WorkflowDiff,
  WorkflowSummary,
  WorkflowView,
} from '@reprise/contracts';
export { type ApprovalAnswer, type ApprovalQuery, ApprovalsClient } from './approvals-client.js';
export { BatchesClient, type BatchFilter, type NewBatch } from './batches-client.js';
export type { ClientOptions } from './connection.js';
export { type DeadLetterQuery, DeadLettersClient } from './dead-letters-client.js';
export { DependenciesClient } from './dependencies-client.js';
export { DoctorClient } from './doctor-client.js';
export { QueuesClient } from './queues-client.js';
export { readAll } from './read-all.js';
export {
  type EndedRun,
  type PublishedEvent,
  RepriseClient,
  type RepriseEvent,
  type RunOptions,
  type StartedRun,
  type WaitOptions,
} from './reprise-client.js';
export { type Problem, RepriseError, UnreachableError, WaitTimeoutError } from './reprise-error.js';
export {
  type CommandAnswer,
  type EffectFinding,
  type PageOptions,
  type RerunAnswer,
  type RerunOptions,
  type Resolution,
  type RunEvent,
  type RunQuery,
  RunsClient,
  type TaskCommandAnswer,
} from './runs-client.js';
export { type BackfillOptions, type FiredSchedule, SchedulesClient } from './schedules-client.js';
export { type RetryProposal, SimulationsClient } from './simulations-client.js';
export type { Decision } from './workflow/approval.js';
export type { WorkflowDocument } from './workflow/document.js';
export type { CloudEvent } from './workflow/event.js';
export { expr, orValue } from './workflow/expression.js';
export type { GraphTasks, Group, GroupEnd, SequenceTasks, WorkflowEnd } from './workflow/group.js';
export type { AnyHandlers, HandlerTypes } from './workflow/handler.js';
export type { Duration, Retry, Timeout } from './workflow/policy.js';
export type { Ref, Reference, Secret } from './workflow/reference.js';
export { typed } from './workflow/schema.js';
export type { ItemResult, Member } from './workflow/scope.js';
export type { Value } from './workflow/value.js';
export { type WorkflowFor, workflow } from './workflow/workflow.js';
export { type AppliedWorkflow, type DocumentProblem, WorkflowsClient } from './workflows-client.js';
