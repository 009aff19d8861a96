import { LIFECYCLES, OVERLAPS } from '../document/values/fields.js';
import type { Json } from '../json.js';
import { PRIORITIES } from '../workflow/lane.js';
import { APPROVAL_SCHEMAS } from './approval-schema.js';
import { EVENT_SCHEMAS } from './event-schema.js';
import { TASK_SCHEMAS } from './task-schema.js';
import { TRIGGER_SCHEMAS } from './trigger-schema.js';

/**
 * JSON Schema 2020-12 of the workflow document, for editors. It knows shapes and names; what needs the whole document (needs,
 * expressions, durations in range) only parseDocument knows.
 */
export const WORKFLOW_SCHEMA: Json = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Reprise workflow',
  type: 'object',
  required: ['workflow', 'tasks'],
  additionalProperties: false,
  properties: {
    workflow: { description: 'Name of the workflow.', type: 'string', pattern: '^[a-z][a-z0-9-]*$', maxLength: 100 },
    version: { description: 'Semantic version; a text, so quote it.', type: 'string', pattern: '^[0-9]+\\.[0-9]+\\.[0-9]+' },
    description: { type: 'string' },
    input: { description: 'JSON Schema 2020-12 of the input of a run.', type: ['object', 'boolean'] },
    on: { description: 'What starts a run.', type: 'array', items: { $ref: '#/$defs/trigger' } },
    timeout: { description: 'Limit on the whole run.', $ref: '#/$defs/duration' },
    failFast: { description: 'false: when a task fails, running ones and their branches end first.', type: 'boolean' },
    lifecycle: { description: 'tasks: lifecycle events of tasks are published too. Default: runs.', enum: LIFECYCLES },
    defaults: {
      description: 'For every call.',
      type: 'object',
      additionalProperties: false,
      properties: {
        retry: { $ref: '#/$defs/retry' },
        timeout: { $ref: '#/$defs/timeout' },
        queue: { $ref: '#/$defs/queue' },
        priority: { $ref: '#/$defs/priority' },
      },
    },
    concurrency: {
      description: 'How many runs may go on at a time.',
      type: 'object',
      additionalProperties: false,
      properties: {
        key: { description: 'Runs of one key count together. Default: all of the workflow.', $ref: '#/$defs/expression' },
        limit: { description: 'Default 1.', type: 'integer', minimum: 1, maximum: 10_000 },
        overlap: { description: 'What becomes of one too many. Default: queue.', enum: OVERLAPS },
      },
    },
    tasks: { $ref: '#/$defs/tasks' },
    output: { description: 'Value of the run; may read every task.' },
    onFailure: {
      description: 'A sequence that runs when the run has failed and what could be undone has been.',
      type: 'array',
      minItems: 1,
      items: {
        allOf: [
          { $ref: '#/$defs/task' },
          { required: ['id'] },
          { not: { anyOf: [{ required: ['needs'] }, { required: ['compensate'] }] } },
        ],
      },
    },
  },
  $defs: {
    duration: { description: '250ms, 5s, 1h30m, 2d', type: 'string', pattern: '^([0-9]+(\\.[0-9]+)?(d|h|m|s|ms))+$' },
    durationOrExpression: {
      description: 'A duration such as 30m, or an expression for one.',
      anyOf: [{ $ref: '#/$defs/duration' }, { type: 'string', pattern: '\\$\\{\\{' }],
    },
    expression: { description: 'With or without ${{ }} around it.', type: ['string', 'boolean'] },
    name: { type: 'string', pattern: '^[A-Za-z][A-Za-z0-9_]*$', maxLength: 64 },
    queue: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9_-]*$', maxLength: 100 },
    priority: { description: 'Of the first attempts, beside other work of the queue. Default: normal.', enum: PRIORITIES },
    ...TRIGGER_SCHEMAS,
    ...TASK_SCHEMAS,
    ...APPROVAL_SCHEMAS,
    ...EVENT_SCHEMAS,
  },
};
