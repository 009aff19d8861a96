export { AdvanceStore, type ItemRow, type KeyedEnd, type OpenCommand, type RunAddress } from './advance-store.js';
export { AnswerApproval, type Answered, type NewAnswer } from './answer-approval.js';
export { ApprovalEvents } from './approval-events.js';
export { type ApprovalDecided, ApprovalStore } from './approval-store.js';
export { type ApprovalFilter, ApprovalViews } from './approval-views.js';
export { AttemptLogStore, type LogPart } from './attempt-log-store.js';
export { BackfillStore, type LockedBackfill, type NewBackfill } from './backfill-store.js';
export { type BatchRun, type BatchStep, BatchStore, counted, type LockedBatch, type NewBatch } from './batch-store.js';
export type { BriefRun, LocatedTask } from './brief-run.js';
export { type KeyedTicket, type KeyVerdict, outcomeByKey } from './call-keys.js';
export { ChildStore, type ParentAddress, type RunCancel, type WaitingParent } from './child-store.js';
export { type Claimed, ClaimStore, type Claims, type KeyedClaims, type Renewal } from './claim-store.js';
export { CommandStore, type NewCommand } from './command-store.js';
export { type Completion, CompletionStore } from './completion-store.js';
export { Database, type DatabaseOptions, type Row, type Session } from './database.js';
export { DatabaseClock } from './database-clock.js';
export { type DeadLetter, DeadLetterStore, type NewDeadLetter } from './dead-letter-store.js';
export { documentHash } from './document-hash.js';
export {
  type BegunEffect,
  type EffectEnd,
  type EffectHolder,
  type EffectIntent,
  type EffectState,
  EffectStore,
} from './effect-store.js';
export { EventStore, type RunEvent, type SendAnswer } from './event-store.js';
export { type EventFilter, EventViews } from './event-views.js';
export { fingerprintOf } from './fingerprint.js';
export { Gauges, type ReadyQueue } from './gauges.js';
export { type Interest, interestId, interestsOf } from './interest.js';
export { classifyError, type ErrorClass } from './ledger-error.js';
export { sendableValues } from './list-parameters.js';
export { type Member, MemberStore } from './member-store.js';
export { migrate } from './migrate.js';
export { NOTICE_TO_RUN, type Notice, NoticeStore } from './notice-store.js';
export { ensurePartitions, firstUuidAt } from './partitions.js';
export { type PausedQueue, QueueStore } from './queue-store.js';
export { RateStore } from './rate-store.js';
export { callPaths, isWithin, RecordedTasks, type RecordingFilter, type RecordingSummary } from './recorded-tasks.js';
export { RepeatClaims, type RepeatedClaim } from './repeat-claims.js';
export { type RepeatedRun, RerunStore, type TakenOver } from './rerun-store.js';
export { type RetryObstacle, RetryObstacles } from './retry-obstacles.js';
export type { LockedRun } from './run-row.js';
export { RunViews } from './run-views.js';
export { ALL_RUNS, type RunFilter } from './run-views-filter.js';
export type { Paged, PageRequest } from './run-views-page.js';
export { type LockedSchedule, type NextFiring, ScheduleStore, type ScheduleWrite } from './schedule-store.js';
export { ScheduleViews, type ShownBackfill, type ShownFiring, type ShownSchedule } from './schedule-views.js';
export {
  type SlotBook,
  type SlotChild,
  type SlotKey,
  type SlotRun,
  SlotStore,
  type SlotWrite,
  slotKeyText,
} from './slot-store.js';
export {
  type EventOutcome,
  eventKey,
  type KeyHolder,
  type KnownEvent,
  type RunKey,
  type SeenEvent,
  StartStore,
  type StartWrite,
} from './start-store.js';
export { type Statement, statement } from './statement.js';
export { probeVersion } from './store-probes.js';
export type { AttemptWrite, TaskWrite } from './task-row.js';
export { byKey, type Ticket } from './ticket.js';
export { type TransactionLimits, TransactionRunner, type TransactionRunnerOptions } from './transaction-runner.js';
export type { UndoneCall } from './undo-store.js';
export { untilAvailable } from './until-available.js';
export type { UserQueryLimits, UserResult } from './user-query.js';
export { UserSql, type UserSqlOptions } from './user-sql.js';
export { UserSqlError, type UserSqlErrorCode } from './user-sql-error.js';
export { UserTransaction } from './user-transaction.js';
export { type EventKey, type NewKeptEvent, type Subscription, subscriptionsOf, WaitStore, type Woken } from './wait-store.js';
export { type DueRun, type DueTask, type QueueReading, WatchStore } from './watch-store.js';
export { WorkflowCache } from './workflow-cache.js';
export { type Registration, type StoredVersion, WorkflowStore } from './workflow-store.js';
