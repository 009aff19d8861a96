export type { ChildMock, Children, MockChild } from './child-play.js';
export { type FakeAttempt, type FakeAttemptFields, fakeAttempt } from './fake-attempt.js';
export type { FakeLog, FakeLogLine } from './fake-log.js';
export type { FakeQuery } from './fake-transaction.js';
export type { Firing, Span, Start } from './firings.js';
export { type Finding, MemoryEffects, type MemoryHolder, type RecordedEffect } from './memory-effects.js';
export {
  type Failure,
  fails,
  failTimes,
  hangs,
  inTurn,
  loseTimes,
  type Mock,
  type MockAttempt,
  type MockHandler,
  takes,
} from './mock.js';
export { type Deed, type OutsideWorld, outsideWorld, type WatchOptions } from './outside-world.js';
export type { Answer, AskedPeople, People } from './people.js';
export type { Handlers, Mocks } from './players.js';
export type { Doubt, Problem, Proof } from './proof.js';
export { type ProofOptions, type ProvedHandler, proveIdempotent, type Watched } from './prove-idempotent.js';
export { BadDocument } from './read-document.js';
export type { TestedAttempt, TestedTask } from './read-task.js';
export type { Call, TestedChild } from './readable-run.js';
export { type Resolution, TestedRun } from './tested-run.js';
export { TesterError, type TesterErrorCode } from './tester-error.js';
export type { Happening } from './timeline.js';
export type { Waiting } from './waiting.js';
export {
  type InputOf,
  type OutputOf,
  type TesterOptions,
  type TestRunOptions,
  testWorkflow,
  WorkflowTester,
} from './workflow-tester.js';
export type { Sent } from './world.js';
