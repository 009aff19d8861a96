import { fields } from './route.js';
import { RUN_STATUS } from './run-schemas.js';
import { ANYTHING, component, ID, INSTANT, ORDINAL, object, orNull, type Schema, said, TEXT, TEXTS } from './schema.js';

/** What a start answers with. */
export const START_SCHEMAS: Readonly<Record<string, Schema>> = {
  StartedRun: object({
    id: ID,
    status: said('How far it has come; null: its key is known, and the run has been deleted since.', orNull(RUN_STATUS)),
  }),
  WaitedRun: {
    ...object({ id: ID, workflow: TEXT, status: RUN_STATUS, output: ANYTHING, error: ANYTHING }),
    description: 'The run as it stood when the time was up.',
  },
  BatchedStart: said('What became of one start of several: its run, or its problem.', {
    type: 'object',
    required: ['status'],
    properties: {
      status: { ...ORDINAL, minimum: 200, maximum: 599 },
      id: ID,
      runStatus: said('As of a start of its own.', orNull(RUN_STATUS)),
      code: TEXT,
      detail: TEXT,
      errors: { type: 'array', items: component('ProblemDetail') },
    },
  }),
  Start: fields({
    input: ANYTHING,
    version: { type: ['string', 'integer', 'null'] },
    labels: orNull(TEXTS),
    key: { type: ['string', 'null'] },
  }),
  RunFilter: said(
    'As runs are listed by.',
    fields({
      status: RUN_STATUS,
      workflow: TEXT,
      label: TEXTS,
      since: { anyOf: [INSTANT, { type: 'string' }] },
      until: { anyOf: [INSTANT, { type: 'string' }] },
      q: TEXT,
      all: said('Every run there is; only without any other filter.', { const: true }),
    }),
  ),
};
