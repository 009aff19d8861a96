import { RUN_STATUSES, TASK_STATUSES } from '@reprise/core';
import type {
  AttemptView,
  ChildView,
  EffectView,
  HistoryFact,
  RunSummary,
  RunView,
  TaskDetail,
  TaskKind,
  TaskView,
} from '../http-shapes.js';
import type { AttemptLogView, LogLevel, LogLine } from '../log-shapes.js';
import {
  ANYTHING,
  COUNT,
  component,
  FLAG,
  ID,
  INSTANT,
  listOf,
  ORDINAL,
  orNull,
  type Schema,
  said,
  shape,
  TEXT,
  TEXTS,
  words,
  wordsOf,
} from './schema.js';

const ERROR = orNull(component('TaskError'));
const WHY = orNull(component('Why'));
const AT = orNull(INSTANT);

export const RUN_STATUS: Schema = wordsOf(RUN_STATUSES);
export const TASK_STATUS: Schema = wordsOf(TASK_STATUSES);

const SUMMARY = {
  id: ID,
  workflow: TEXT,
  version: said('The semantic version it was registered under; null: none.', orNull(TEXT)),
  versionNumber: said('Which registration of the workflow.', orNull(ORDINAL)),
  status: RUN_STATUS,
  closing: said(
    'Why nothing more starts, while the run waits for what is open.',
    orNull(words<NonNullable<RunSummary['closing']>>({ failed: true, cancelled: true, timedOut: true })),
  ),
  trigger: said('What started it.', TEXT),
  scheduledFor: said('The instant a schedule fired for.', AT),
  key: orNull(TEXT),
  parent: said('The run that has started this one and waits for it.', orNull(ID)),
  labels: TEXTS,
  error: ERROR,
  createdAt: INSTANT,
  startedAt: AT,
  endedAt: AT,
};

const TASK = {
  path: said('`page[3].charge`', TEXT),
  status: TASK_STATUS,
  kind: words<TaskKind>({
    call: true,
    transform: true,
    sleep: true,
    fail: true,
    group: true,
    list: true,
    rounds: true,
    wait: true,
    emit: true,
    child: true,
    approval: true,
  }),
  call: orNull(TEXT),
  queue: orNull(TEXT),
  executor: orNull(TEXT),
  attempt: said('Number of the current or last attempt; 0: it is never attempted.', COUNT),
  cancelling: FLAG,
  createdAt: AT,
  queuedAt: AT,
  startedAt: AT,
  endedAt: AT,
  nextRetryAt: said('While `retrying`.', AT),
  dueAt: said('End of a sleep.', AT),
  items: orNull(
    shape<NonNullable<TaskView['items']>>({
      total: COUNT,
      started: COUNT,
      done: COUNT,
      failed: COUNT,
    }),
  ),
  round: orNull(COUNT),
  child: said(
    'The run it waits for, or has waited for.',
    orNull(shape<ChildView>({ run: ID, workflow: TEXT, status: orNull(RUN_STATUS) })),
  ),
  effects: said('What it has recorded of its external effects; the first 50.', listOf(component('Effect'))),
  output: ANYTHING,
  outputTruncated: said('The output is too large to be shown here; ask for the task by its path.', FLAG),
  error: ERROR,
  why: WHY,
  whyText: orNull(TEXT),
  attempts: said('The newest 20, oldest first, the current one included.', listOf(component('Attempt'))),
  attemptsTruncated: FLAG,
};

const ATTEMPT_STATUS = words<AttemptView['status']>({
  queued: true,
  running: true,
  retrying: true,
  succeeded: true,
  failed: true,
  timeout: true,
  lost: true,
  cancelled: true,
  in_doubt: true,
});

export const RUN_SCHEMAS: Readonly<Record<string, Schema>> = {
  RunSummary: said('A run as lists show it.', shape<RunSummary>(SUMMARY)),
  Run: shape<RunView>({
    ...SUMMARY,
    input: ANYTHING,
    output: ANYTHING,
    dueAt: said('End of the run’s `timeout`.', AT),
    phase: orNull(words<NonNullable<RunView['phase']>>({ compensating: true, onFailure: true })),
    compensated: said('Something has been undone: it cannot be retried any more.', FLAG),
    parentTask: said('The task that waits for it, in the run that has started it.', orNull(TEXT)),
    rerunOf: orNull(ID),
    nextText: said(
      'What a person can do next about a run that failed, is paused, was cancelled, or has parked tasks among those shown; null: nothing.',
      orNull(TEXT),
    ),
    tasks: listOf(component('Task')),
    tasksNext: said('Cursor of `/tasks` for those beyond the ones shown.', orNull(TEXT)),
  }),
  Task: shape<TaskView>(TASK),
  TaskDetail: said('One task alone, with its input.', shape<TaskDetail>({ ...TASK, input: ANYTHING })),
  Effect: said(
    'An external effect of a task, as the ledger knows it.',
    shape<EffectView>({
      name: TEXT,
      state: said(
        '`intended` by an attempt that has ended: it is in doubt too. `void`: it is known not to have happened.',
        words<EffectView['state']>({ intended: true, committed: true, void: true, in_doubt: true }),
      ),
      key: said('What the other system was given to recognise the request by.', TEXT),
      onInDoubt: words<EffectView['onInDoubt']>({ park: true, retry: true, probe: true, fail: true }),
      attempt: said('The attempt that began it last.', ORDINAL),
      result: ANYTHING,
      error: ERROR,
      settledBy: said('The person who said how it ended; null: its handler did.', orNull(TEXT)),
      begunAt: AT,
      changedAt: AT,
    }),
  ),
  Attempt: shape<AttemptView>({
    number: ORDINAL,
    status: ATTEMPT_STATUS,
    executor: orNull(TEXT),
    queuedAt: AT,
    startedAt: AT,
    endedAt: AT,
    nextRetryAt: AT,
    error: ERROR,
    why: WHY,
    whyText: orNull(TEXT),
    verdict: said('What was decided when it had ended.', WHY),
    verdictText: orNull(TEXT),
    heartbeat: said(
      'What the handler of a running attempt has last said with `heartbeat(progress)`; written when its lease is renewed.',
      orNull(
        shape<NonNullable<AttemptView['heartbeat']>>({ at: said('By the clock of the executor.', INSTANT), progress: ANYTHING }),
      ),
    ),
  }),
  AttemptLog: said(
    'What an attempt has written, as far as it is kept.',
    shape<AttemptLogView>({
      run: ID,
      task: TEXT,
      attempt: ORDINAL,
      items: listOf(
        shape<AttemptLogView['items'][number]>({
          at: said('By the clock of the executor.', INSTANT),
          level: words<LogLevel>({ debug: true, info: true, warn: true, error: true }),
          source: words<LogLine['source']>({ log: true, stdout: true, stderr: true }),
          message: TEXT,
          fields: said('What the handler gave along.', ANYTHING),
          cut: said('It was longer.', FLAG),
          skipped: said('So many lines before this one were left out.', COUNT),
        }),
      ),
      next: said('A log is given in one.', { type: 'null' }),
      truncated: said('Whether lines were left out, or cut.', FLAG),
    }),
  ),
  HistoryFact: said(
    'One thing that happened to a run.',
    shape<HistoryFact>({
      at: INSTANT,
      kind: said('`run.started`, `attempt.queued`, `task.parked` …', TEXT),
      task: said('Path of the task; null: the run itself.', orNull(TEXT)),
      attempt: orNull(COUNT),
      executor: orNull(TEXT),
      by: said('Who did it, where that is known.', orNull(TEXT)),
      error: ERROR,
      why: WHY,
      whyText: orNull(TEXT),
      verdict: WHY,
      verdictText: orNull(TEXT),
      detail: ANYTHING,
    }),
  ),
};
