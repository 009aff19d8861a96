import type { Advice, CodeRow, RetriedAs } from '@reprise/core';
import type { OutcomeView, RetrySimulationView } from '../simulation-shapes.js';
import { answer, fields, json, type Route } from './route.js';
import { COUNT, component, FLAG, INSTANT, listOf, ORDINAL, orNull, type Schema, said, shape, TEXT, words } from './schema.js';

const tag = 'operations';

const SHARE: Schema = { type: 'number', minimum: 0, maximum: 1 };
const NUMBER: Schema = { type: 'number' };

const OUTCOME = shape<OutcomeView>({
  succeeded: COUNT,
  failed: COUNT,
  parked: COUNT,
  unknown: said('Tried more often than was recorded.', COUNT),
  successRate: orNull({
    ...shape<NonNullable<OutcomeView['successRate']>>({ least: SHARE, most: said('Had all the unknown ones succeeded.', SHARE) }),
  }),
  calls: said('Attempts executed; each unknown task has one more, at least.', COUNT),
  addedLatencyMs: said(
    'What waiting before retries adds, over the tasks whose first attempt did not succeed.',
    orNull({ ...shape<NonNullable<OutcomeView['addedLatencyMs']>>({ mean: COUNT, p95: COUNT }) }),
  ),
  peakRetries: said(
    'The second in which most retries begin.',
    orNull({ ...shape<NonNullable<OutcomeView['peakRetries']>>({ perSecond: ORDINAL, at: INSTANT }) }),
  ),
});

const CODE = shape<CodeRow>({
  code: TEXT,
  failures: COUNT,
  retried: said('Attempts that came right after such a failure.', COUNT),
  recovered: said('How many of these succeeded.', COUNT),
  byAttempt: said(
    'The same by the number of that attempt; 20 stands for all later ones too.',
    listOf(shape<RetriedAs>({ attempt: ORDINAL, retried: COUNT, recovered: COUNT })),
  ),
});

const ADVICE = shape<Advice>({
  kind: words<Advice['kind']>({ hopeless: true, 'too-many': true, 'gives-up': true, beyond: true, peak: true }),
  code: orNull(TEXT),
  text: TEXT,
  numbers: { type: 'object', additionalProperties: NUMBER },
});

export const SIMULATION_SCHEMAS: Readonly<Record<string, Schema>> = {
  RetrySimulation: said(
    'What another retry policy would have made of what was recorded.',
    shape<RetrySimulationView>({
      workflow: TEXT,
      version: orNull(TEXT),
      task: orNull(TEXT),
      since: INSTANT,
      runs: COUNT,
      oldest: orNull(INSTANT),
      newest: orNull(INSTANT),
      truncated: said('There was more, all of it older.', FLAG),
      leftOut: shape<RetrySimulationView['leftOut']>({ open: COUNT, cancelled: COUNT, tooLong: COUNT }),
      tasks: COUNT,
      attempts: COUNT,
      deviating: said('Tasks whose recording does not follow from the policy in force, as far as it is known.', COUNT),
      before: said('As recorded.', OUTCOME),
      after: said('Under the policy that was sent.', OUTCOME),
      callsSaved: said('Negative: there would be more.', { type: 'integer' }),
      estimate: said(
        'What is expected of the first attempt that was never made.',
        shape<RetrySimulationView['estimate']>({
          succeeded: { type: 'number', minimum: 0 },
          fromAttempt: COUNT,
          fromCode: COUNT,
          unfounded: COUNT,
        }),
      ),
      givenUp: said(
        'Tasks that succeeded and would not.',
        listOf(shape<RetrySimulationView['givenUp'][number]>({ code: TEXT, tasks: ORDINAL, latestAttempt: ORDINAL })),
      ),
      codes: listOf(CODE),
      advice: listOf(ADVICE),
    }),
  ),
};

export const SIMULATION_ROUTES: readonly Route[] = [
  {
    method: 'post',
    path: '/v1/simulations/retry',
    tag,
    summary: 'What another retry policy would have made of recorded tasks',
    body: json(
      fields(
        {
          workflow: TEXT,
          version: said('Only runs of this semver or number; default: of any version.', TEXT),
          task: said('Path without indices, of a task or of a group with all in it; default: every call.', TEXT),
          since: said('A duration back from now, or a date or time.', { ...TEXT, default: '7d' }),
          policy: said('The fields of `retry`, as an object or as YAML. What is left out stays as it was in force.', {
            type: ['object', 'string'],
          }),
        },
        ['workflow', 'policy'],
      ),
    ),
    answers: { 200: answer('The report.', component('RetrySimulation')) },
    problems: [404, 422],
  },
];
