export { adviseRun, type ParentState } from './advise-run.js';
export { type ApprovalNews, approvalEvent } from './approval-event.js';
export type { ApprovalView } from './approval-shapes.js';
export { renderAsyncApi } from './asyncapi/render-asyncapi.js';
export {
  type AttemptMessage,
  type AttemptTicket,
  type Decoded,
  decodeAttempts,
  encodeAttempts,
  MESSAGE_VERSION,
} from './attempt-message.js';
export type { BatchAction, BatchCount, BatchView } from './batch-shapes.js';
export { type ExecutorSays, isQuick, QUICK_MS } from './call-pace.js';
export { type ChildStart, decodeChildStarts, encodeChildStarts } from './child-start.js';
export { type ControlHint, decodeHint, encodeHint } from './control-hint.js';
export { type DeadLetterState, type DeadLetterView, REDRIVE_HEADER } from './dead-letter-shapes.js';
export { type Decided, outgoingOf, toInbox } from './decision-messages.js';
export {
  shardOfTimer,
  WHEEL_LEVELS,
  WHEEL_UNIT_MS,
  type WheelLevels,
  type WheelRoute,
  wheelMaxMs,
  wheelRoute,
  wheelTtlMs,
} from './delay-wheel.js';
export type { DependencyView } from './dependency-shapes.js';
export { divideShards } from './divide-shards.js';
export type { BrokerFacts, BrokerReached, ManagedQueue, ManagementFacts, QueueFacts } from './doctor/broker-facts.js';
export type { DatabaseFacts, DatabaseReached } from './doctor/database-facts.js';
export { type DoctorFacts, doctorRules, examine } from './doctor/examine.js';
export type { DoctorArea, DoctorReport, Finding, Severity, SkippedCheck } from './doctor/finding.js';
export type { MemberFacts, ServiceFacts, TaskQueueFacts } from './doctor/service-facts.js';
export {
  type ClaimAnswer,
  encodeGateAnswer,
  type GateAnswer,
  type GrantedAttempt,
  type RefusedAttempt,
} from './gate-answer.js';
export { decodeGateRequest, type GateRequest, type GateRequestOf, type HeldAttempt } from './gate-request.js';
export type {
  AttemptView,
  ChildView,
  EffectView,
  EventView,
  HistoryFact,
  Instant,
  KeyView,
  Page,
  RunSummary,
  RunView,
  SentEventAnswer,
  TaskDetail,
  TaskKind,
  TaskView,
  WorkflowDiff,
  WorkflowSummary,
  WorkflowView,
} from './http-shapes.js';
export { decodeInbox, encodeInbox, type InboxItem } from './inbox-message.js';
export type { AttemptLogView, LogLevel, LogLine } from './log-shapes.js';
export { ROUTES, renderOpenApi } from './openapi/render-openapi.js';
export type { Route } from './openapi/route.js';
export type { Outgoing } from './outgoing.js';
export { type MayShare, packAttempts } from './pack-attempts.js';
export { packInbox, packsOf } from './pack-inbox.js';
export type { ExecutorView, LaneView, QueueView } from './queue-shapes.js';
export { FieldError, fieldReader } from './read-fields.js';
export { handlerRetryOf } from './read-outcome.js';
export { decodeRunCommand, encodeRunCommand, type RunCommand } from './run-command.js';
export type { BackfillView, FiringView, ScheduleInstant, ScheduleView } from './schedule-shapes.js';
export { SHARDS, shardOf } from './shard.js';
export type { OutcomeView, RetrySimulationView } from './simulation-shapes.js';
export { type TaskEvent, taskEvent } from './task-event.js';
export { type Alarm, decodeAlarm, encodeAlarm } from './timer-message.js';
export {
  type BindingSpec,
  type ExchangeSpec,
  inboxKey,
  names,
  type QueueSpec,
  type QueueType,
  type Topology,
  type TopologyNames,
  type TopologyOptions,
  taskQueueTopology,
  topologyOf,
} from './topology.js';
export { spansOf } from './tracing/decision-spans.js';
export { acceptSpanId, attemptSpanId, runSpanId, taskSpanId, traceIdOf } from './tracing/span-ids.js';
export type { SpanAttributes, SpanError, SpanEvent, SpanRecord } from './tracing/span-record.js';
export { readTraceContext, type TraceContext, type TraceHeaders, traceHeaders } from './tracing/trace-context.js';
