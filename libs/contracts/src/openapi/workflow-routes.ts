import type { WorkflowDiff, WorkflowSummary, WorkflowView } from '../http-shapes.js';
import { answer, IDEMPOTENCY_KEY, json, PAGE, query, type Route } from './route.js';
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
  pageOf,
  type Schema,
  said,
  shape,
  TEXT,
} from './schema.js';

const tag = 'workflows';

const SUMMARY = {
  workflow: TEXT,
  version: said('The semantic version it was registered under; null: none.', orNull(TEXT)),
  versionNumber: ORDINAL,
  hash: TEXT,
  description: orNull(TEXT),
  createdAt: INSTANT,
};

export const WORKFLOW_SCHEMAS: Readonly<Record<string, Schema>> = {
  WorkflowSummary: shape<WorkflowSummary>(SUMMARY),
  Workflow: shape<WorkflowView>({ ...SUMMARY, archived: FLAG, document: ANYTHING }),
  WorkflowDiff: shape<WorkflowDiff>({
    workflow: TEXT,
    from: TEXT,
    to: TEXT,
    changes: listOf({
      type: 'object',
      required: ['kind', 'path'],
      properties: {
        kind: { enum: ['added', 'removed', 'changed', 'moved'] },
        path: TEXT,
        before: ANYTHING,
        after: ANYTHING,
      },
    }),
  }),
  Registration: {
    type: 'object',
    required: ['workflow', 'version', 'number', 'hash', 'id', 'warnings'],
    properties: {
      workflow: TEXT,
      version: said('The semantic version, or the number of one without.', TEXT),
      number: ORDINAL,
      hash: TEXT,
      id: ID,
      warnings: listOf({
        type: 'object',
        required: ['path', 'line', 'column', 'message', 'hint'],
        properties: { path: TEXT, line: COUNT, column: COUNT, message: TEXT, hint: orNull(TEXT) },
      }),
    },
  },
};

const DOCUMENT: Schema = said('A workflow document; `/v1/schema/workflow.json` is its schema.', { type: 'object' });

export const WORKFLOW_ROUTES: readonly Route[] = [
  {
    method: 'post',
    path: '/v1/workflows',
    tag,
    summary: 'Register a workflow document',
    body: { required: true, content: { 'application/yaml': TEXT, 'application/json': DOCUMENT } },
    answers: {
      200: answer('The same content is registered already.', component('Registration')),
      201: answer('A new version.', component('Registration')),
    },
    problems: [409, 413, 422],
  },
  {
    method: 'get',
    path: '/v1/workflows',
    tag,
    summary: 'Workflows that may start, by name',
    parameters: PAGE,
    answers: { 200: answer('A page of workflows.', pageOf(component('WorkflowSummary'))) },
    problems: [400],
  },
  {
    method: 'get',
    path: '/v1/workflows/{name}',
    tag,
    summary: 'A workflow and its document',
    parameters: [query('version', 'A semantic version or a number; default: the current one.')],
    answers: { 200: answer('The workflow.', component('Workflow')) },
    problems: [400, 404],
  },
  {
    method: 'delete',
    path: '/v1/workflows/{name}',
    tag,
    summary: 'Archive a workflow: it starts nothing more',
    answers: { 204: { description: 'Archived.' } },
    problems: [404],
  },
  {
    method: 'get',
    path: '/v1/workflows/{name}/versions',
    tag,
    summary: 'Versions of a workflow, newest first',
    parameters: PAGE,
    answers: { 200: answer('A page of versions.', pageOf(component('WorkflowSummary'))) },
    problems: [400, 404],
  },
  {
    method: 'get',
    path: '/v1/workflows/{name}/diff',
    tag,
    summary: 'What changed between two versions',
    parameters: [query('from', 'A version; default: the one before `to`.'), query('to', 'A version; default: the current one.')],
    answers: { 200: answer('The changes.', component('WorkflowDiff')) },
    problems: [400, 404],
  },
  {
    method: 'get',
    path: '/v1/schema/workflow.json',
    tag,
    summary: 'JSON Schema of workflow documents',
    answers: {
      200: { description: 'The schema.', schema: { type: 'object' }, mediaType: 'application/schema+json' },
    },
  },
  {
    method: 'post',
    path: '/v1/workflows/{name}/runs',
    tag,
    summary: 'Start a run',
    parameters: [IDEMPOTENCY_KEY, query('wait', 'How long to wait for its end, such as `30s`; at most `10m`.')],
    body: json(component('Start')),
    answers: {
      200: answer('It has ended, or this key has started it before.', {
        anyOf: [component('Run'), component('StartedRun')],
      }),
      202: answer('Started.', { anyOf: [component('WaitedRun'), component('StartedRun')] }),
    },
    problems: [400, 404, 410, 422],
  },
  {
    method: 'post',
    path: '/v1/workflows/{name}/runs:batch',
    tag,
    summary: 'Start up to 1,000 runs, durable together',
    body: json({
      anyOf: [
        listOf(component('Start')),
        { type: 'object', required: ['items'], properties: { items: listOf(component('Start')) } },
      ],
    }),
    answers: {
      202: answer('One result for each, in their order.', {
        type: 'object',
        required: ['results'],
        properties: { results: listOf(component('BatchedStart')) },
      }),
    },
    problems: [413, 422],
  },
];
