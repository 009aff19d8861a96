export { AttemptLogStore, type LogPart } from './attempts/attempt-log-store.js';
export { type KeyedTicket, type KeyVerdict, outcomeByKey } from './attempts/call-keys.js';
export { ClaimStore, type Claims, type KeyedClaims, type Renewal } from './attempts/claim-store.js';
export type { Claimed } from './attempts/claimed.js';
export { callPaths, isWithin, RecordedTasks, type RecordingFilter, type RecordingSummary } from './attempts/recorded-tasks.js';
export { RepeatClaims, type RepeatedClaim } from './attempts/repeat-claims.js';
export { Database, type DatabaseOptions } from './connection/database.js';
export { DatabaseClock } from './connection/database-clock.js';
export { classifyError, type ErrorClass } from './connection/ledger-error.js';
export type { Row, Session } from './connection/session.js';
export { type Statement, statement } from './connection/statement.js';
export { untilAvailable } from './connection/until-available.js';
export { documentHash } from './definitions/document-hash.js';
export { fingerprintOf } from './definitions/fingerprint.js';
export { type Interest, interestId, interestsOf } from './definitions/interest.js';
export { probeVersion } from './definitions/store-probes.js';
export { WorkflowCache } from './definitions/workflow-cache.js';
export { type Registration, type StoredVersion, WorkflowStore } from './definitions/workflow-store.js';
export { AnswerApproval, type Answered, type NewAnswer } from './operations/answer-approval.js';
export { ApprovalEvents } from './operations/approval-events.js';
export { BackfillStore, type LockedBackfill, type NewBackfill } from './operations/backfill-store.js';
export { type BatchRun, type BatchStep, BatchStore, counted, type LockedBatch, type NewBatch } from './operations/batch-store.js';
export { CommandStore, type NewCommand } from './operations/command-store.js';
export { type DeadLetter, DeadLetterStore, type NewDeadLetter } from './operations/dead-letter-store.js';
export { type PausedQueue, QueueStore } from './operations/queue-store.js';
export { type RetryObstacle, RetryObstacles } from './operations/retry-obstacles.js';
export { type LockedSchedule, type NextFiring, ScheduleStore, type ScheduleWrite } from './operations/schedule-store.js';
export { AdmissionStore } from './runs/admission-store.js';
export { AdvanceStore, type ItemRow, type KeyedEnd, type OpenCommand } from './runs/advance-store.js';
export { type ApprovalDecided, ApprovalStore } from './runs/approval-store.js';
export { ChildStore, type ParentAddress, type RunCancel, type WaitingParent } from './runs/child-store.js';
export { type Completion, CompletionStore } from './runs/completion-store.js';
export { DependencyStore, type DependencyView } from './runs/dependency-store.js';
export {
  type BegunEffect,
  type EffectEnd,
  type EffectHolder,
  type EffectIntent,
  type EffectState,
  EffectStore,
} from './runs/effect-store.js';
export { EndedStore } from './runs/ended-store.js';
export { EventStore, type RunEvent, type SendAnswer } from './runs/event-store.js';
export { NOTICE_TO_RUN, type Notice, NoticeStore } from './runs/notice-store.js';
export { reclaimPlaces } from './runs/reclaim-places.js';
export { type EventRepeat, RepeatStore, repeatKey } from './runs/repeat-store.js';
export { type RepeatedRun, RerunStore, type TakenOver } from './runs/rerun-store.js';
export type { RunAddress } from './runs/run-address.js';
export type { LockedRun } from './runs/run-row.js';
export {
  type SlotBook,
  type SlotChild,
  type SlotKey,
  type SlotRun,
  SlotStore,
  type SlotWrite,
  slotKeyText,
} from './runs/slot-store.js';
export {
  type EventOutcome,
  eventKey,
  type HeldKey,
  type KeyHolder,
  type KnownEvent,
  type RunKey,
  runKeyText,
  type SeenEvent,
  StartStore,
  type StartWrite,
} from './runs/start-store.js';
export { type Success, SuccessStore } from './runs/success-store.js';
export type { AttemptWrite, TaskWrite } from './runs/task-row.js';
export { byKey, type Ticket } from './runs/ticket.js';
export type { UndoneCall } from './runs/undo-store.js';
export {
  type EventKey,
  type NewKeptEvent,
  type Subscription,
  subscriptionsOf,
  WaitStore,
  type Woken,
} from './runs/wait-store.js';
export { dropWeek, type WeekObstacle } from './schema/drop-week.js';
export { ExamineDatabase, type Examined } from './schema/examine-database.js';
export { migrate } from './schema/migrate.js';
export { ensurePartitions, firstUuidAt, WEEK_MS, weekOf } from './schema/partitions.js';
export { deleteRuns, type EndedRun, FIRST_END, lockEndedRuns, RetentionStore } from './schema/retention-store.js';
export { type RunRange, splitRange, weekRanges } from './schema/week-ranges.js';
export { sendableValues } from './user-sql/list-parameters.js';
export { type TransactionLimits, TransactionRunner, type TransactionRunnerOptions } from './user-sql/transaction-runner.js';
export type { UserQueryLimits, UserResult } from './user-sql/user-query.js';
export { UserSql, type UserSqlOptions } from './user-sql/user-sql.js';
export { UserSqlError, type UserSqlErrorCode } from './user-sql/user-sql-error.js';
export { UserTransaction } from './user-sql/user-transaction.js';
export { type ApprovalFilter, ApprovalViews } from './views/approval-views.js';
export type { BriefRun, LocatedTask } from './views/brief-run.js';
export { type EventFilter, EventViews } from './views/event-views.js';
export { RunViews } from './views/run-views.js';
export {
  nameCursor,
  numberCursor,
  readNameCursor,
  readNumberCursor,
  readRunCursor,
  runCursor,
} from './views/run-views-cursor.js';
export { ALL_RUNS, type RunFilter } from './views/run-views-filter.js';
export { type Paged, type PageRequest, page } from './views/run-views-page.js';
export { ScheduleViews, type ShownBackfill, type ShownFiring, type ShownSchedule } from './views/schedule-views.js';
export { Gauges, type ReadyQueue, type WaitingQueue } from './watch/gauges.js';
export { KeepMember, type KeepMemberOptions } from './watch/keep-member.js';
export { MEMBER_LEASE_MS, type Member, MemberStore } from './watch/member-store.js';
export { WatchPaces, type WatchPacesOptions } from './watch/watch-paces.js';
export { type DueRun, type DueTask, type QueueReading, WatchStore } from './watch/watch-store.js';
