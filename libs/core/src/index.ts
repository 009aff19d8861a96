export {
  type Address,
  type At,
  depthOf,
  enclosing,
  indexAt,
  isItem,
  itemAt,
  itemIndex,
  keyOf,
  levelOf,
  outerAt,
  parsePath,
  pathOf,
  type TaskKey,
} from './address.js';
export {
  type AdmissionAnswer,
  type AdmissionHold,
  type AdmissionRequest,
  type AdmissionState,
  admissionKey,
  admit,
  askForStart,
  type Breaker,
  type BreakerPolicy,
  type CallAnswer,
  type CallTally,
  closeByHand,
  countCalls,
  type Dependency,
  type DependencyPolicy,
  dependencyOf,
  EMPTY_WINDOW,
  type Guards,
  type HandlerLimits,
  NO_CALLS,
  openByHand,
  type RateWindow,
  type RetryBudget,
  UNKNOWN_DEPENDENCY,
} from './admission/index.js';
export { instantText, localText, parseInstant } from './calendar/instant-text.js';
export { type ParsedZone, parseZone, type Zone } from './calendar/zone.js';
export { compareDocuments, type DocumentChange } from './document/compare-documents.js';
export { type ParsedDocument, parseDocument } from './document/parse-document.js';
export { type ParsedRetry, parseRetry } from './document/parse-retry.js';
export type { CallSite, ChildSite } from './document/tasks/checks.js';
export { DOCUMENT_LIMITS, type DocumentLimits } from './document/values/limits.js';
export type { Problem } from './document/values/problem.js';
export { WORKFLOW_SCHEMA } from './document-schema/workflow-schema.js';
export { formatDuration, MAX_DURATION_MS, type ParsedDuration, parseDuration } from './duration.js';
export {
  type Budget,
  type Expression,
  ExpressionError,
  evaluate,
  evaluateCondition,
  isLiteral,
  MAX_SOURCE_LENGTH,
  nearestName,
  parseExpression,
  parseTemplate,
  RESERVED_WORDS,
  type Reference,
  render,
  type SecretUse,
  type Template,
  type TemplateProblem,
  templateReferences,
} from './expression/index.js';
export { type ClaimId, claimId, type Fence, fence, isUuid, type RunId, runId, type VersionId, versionId } from './ids.js';
export {
  canonicalJson,
  type Json,
  JsonError,
  type JsonMeasure,
  type JsonText,
  measureJson,
  parseJsonText,
  toJsonText,
} from './json.js';
export {
  type AttemptFailure,
  BACKOFFS,
  type Backoff,
  type BackoffDelay,
  type BackoffPolicy,
  backoffMs,
  decideRetry,
  ENGINE_RETRY,
  EXHAUSTED_ACTIONS,
  type ExhaustedAction,
  type ExhaustedReason,
  explainWhy,
  FIRST_WHY,
  type HoldReason,
  holdDelay,
  JITTERS,
  type Jitter,
  matchesErrorPattern,
  NO_MEMORY,
  type PartialRetryPolicy,
  type PolicyRule,
  type RetryMemory,
  type RetryPolicy,
  type RetryProblem,
  type RetryQuestion,
  type RetryVerdict,
  RULE_FIELDS,
  resolveRetry,
  validateRetry,
  type Why,
  type WhyEnded,
  type WhyFacts,
  type WhyRule,
  type WhySpent,
  type WhyWait,
} from './retry/index.js';
export { effectOf, guardOf, type PromisedEffect, type SaidEffect } from './run/attempts/effect-guard.js';
export { decide } from './run/decide.js';
export { cleanError } from './run/ending/clean-error.js';
export { concurrencyKey } from './run/expressions/concurrency-key.js';
export { evaluateStart, type StartMatch } from './run/expressions/evaluate-start.js';
export { type Reuse, type ReusedTask, reuseOf } from './run/operator/reuse.js';
export { queueRun, skipRun } from './run/queue-run.js';
export { type RunRequest, startRun } from './run/start-run.js';
export type { ApprovalAnswer, ApprovalRequest, ApprovalState, ApprovalWrite } from './run/state/approval.js';
export { childRunId } from './run/state/child-run-id.js';
export {
  type Applied,
  type AttemptRecord,
  type ChildState,
  type Decision,
  type DecisionOrWants,
  type Fact,
  type ItemResult,
  type ItemResults,
  LIST_FACTOR,
  type Limits,
  type Loaded,
  type Message,
  type Moment,
  nothingLoaded,
  SLICE,
  sliceKey,
  type Wants,
} from './run/state/decision.js';
export type { EffectFinding, EffectWrite } from './run/state/effect-finding.js';
export { type Guard, onceGuard } from './run/state/guard.js';
export type { Input } from './run/state/input.js';
export type { EmittedEvent, EventMark, EventRequest, KeptEvent, KeptEvents } from './run/state/kept-event.js';
export type { TaskNews, TaskNewsMessage } from './run/state/news.js';
export {
  NO_ORIGIN,
  NO_PROGRESS,
  type Origin,
  type ParentTask,
  type Phase,
  type RunProgress,
  type RunTrace,
} from './run/state/origin.js';
export type { Answerer, Outcome, TaskError } from './run/state/outcome.js';
export type { RunState } from './run/state/run-state.js';
export { type Closing, type MemberState, memberState } from './run/state/scope.js';
export {
  hasRunEnded,
  hasTaskEnded,
  NEXT_RUN,
  NEXT_TASK,
  RUN_STATUSES,
  type RunStatus,
  TASK_STATUSES,
  type TaskStatus,
} from './run/state/status.js';
export type { ListProgress, Progress, ScopeProgress, Stored, TaskState } from './run/state/task-state.js';
export { coverOf, fullDepth, mayBeUndone, UNDO_SLICE } from './run/state/undoable.js';
export { hasJustBegun } from './run/waiting/start-wait.js';
export type { SkippedInstant } from './schedule/apply-overlap.js';
export { armSchedule, decideFiring, type FiredInstant, type Firing, type ScheduleState } from './schedule/decide-firing.js';
export { jitterOf } from './schedule/jitter.js';
export { listInstants, previousInstant } from './schedule/list-instants.js';
export { type Timetable, timetableOf } from './schedule/timetable.js';
export { checkInput, type InputProblem } from './schema/check-input.js';
export { checkSchema, type SchemaProblem } from './schema/check-schema.js';
export type { Advice } from './simulate/advise.js';
export type { CodeRow, RetriedAs } from './simulate/code-table.js';
export type { SimulatedOutcome } from './simulate/outcome-tally.js';
export type { RecordedAttempt, RecordedTask } from './simulate/recorded-task.js';
export { RetrySimulation, type SimulationReport } from './simulate/retry-simulation.js';
export { correlationKey, EVENT_TYPE, MAX_EVENT_TYPE_LENGTH, MAX_HOPS, topicMatches } from './topic.js';
export { compileWorkflow } from './workflow/compile.js';
export { LANES, type Lane, laneKey, laneKeys, PRIORITIES, type Priority, readLaneKey } from './workflow/lane.js';
export { readProbeName } from './workflow/probe-name.js';
export { UnacceptedDocument } from './workflow/read-json.js';
export { resolveTask } from './workflow/resolve-task.js';
export {
  type CompletionTrigger,
  type EventTrigger,
  isTimed,
  type PollTrigger,
  type ScheduleTrigger,
  type Timed,
  type Timing,
  type Trigger,
  type WebhookTrigger,
} from './workflow/trigger.js';
export type {
  ApprovalWork,
  CallWork,
  ChildWork,
  Concurrency,
  Effect,
  EmitWork,
  FailWork,
  ForEach,
  Group,
  GroupWork,
  Level,
  Node,
  OnInDoubt,
  RateLimit,
  Repeat,
  RunWhen,
  SleepWork,
  Timeouts,
  TransformWork,
  WaitWork,
  Work,
  Workflow,
} from './workflow/workflow.js';
export { EFFECTS, ON_IN_DOUBT } from './workflow/workflow.js';
