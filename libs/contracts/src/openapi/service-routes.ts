import type { Route } from './route.js';
import { listOf, type Schema, said, TEXT } from './schema.js';

const tag = 'service';

const page = (path: string, summary: string, mediaType: string): Route => ({
  method: 'get',
  path,
  tag,
  summary,
  answers: { 200: { description: summary, schema: TEXT, mediaType } },
});

const HEALTH: Schema = { type: 'object', required: ['status'], properties: { status: TEXT }, additionalProperties: true };

/** What every service answers. */
const OPS_ROUTES: readonly Route[] = [
  {
    method: 'get',
    path: '/healthz',
    tag,
    summary: 'Whether the process is alive',
    answers: { 200: { description: 'Alive.', schema: HEALTH } },
    open: true,
  },
  {
    method: 'get',
    path: '/readyz',
    tag,
    summary: 'Whether it can do its work, with each dependency',
    answers: { 200: { description: 'Ready.', schema: HEALTH }, 503: { description: 'Not ready.', schema: HEALTH } },
    open: true,
  },
  page('/metrics', 'Metrics, as Prometheus reads them', 'text/plain'),
];

export const SERVICE_ROUTES: readonly Route[] = [
  ...OPS_ROUTES,
  {
    method: 'get',
    path: '/openapi.json',
    tag,
    summary: 'This document',
    answers: { 200: { description: 'OpenAPI 3.1.', schema: { type: 'object', additionalProperties: true } } },
  },
  page('/asyncapi.yaml', 'What is on the message broker: AsyncAPI 3.0', 'application/yaml'),
  // Loaded by a browser before a person can give their token.
  { ...page('/', 'The console', 'text/html'), open: true },
  { ...page('/console.js', 'Script of the console', 'text/javascript'), open: true },
  { ...page('/elements.js', 'What the console’s pages are made of', 'text/javascript'), open: true },
  { ...page('/runs-page.js', 'The console’s list of runs', 'text/javascript'), open: true },
  { ...page('/run-page.js', 'The console’s page of a run', 'text/javascript'), open: true },
  { ...page('/session.js', 'Requests of the console', 'text/javascript'), open: true },
  { ...page('/console.css', 'Style of the console', 'text/css'), open: true },
];

/** RFC 9457. */
export const PROBLEM_SCHEMAS: Readonly<Record<string, Schema>> = {
  ProblemDetail: {
    type: 'object',
    required: ['message'],
    properties: { path: said('Where in the request.', TEXT), message: TEXT },
    additionalProperties: true,
  },
  Problem: {
    type: 'object',
    required: ['type', 'title', 'status', 'code', 'detail', 'traceId'],
    properties: {
      type: TEXT,
      title: TEXT,
      status: { type: 'integer', minimum: 400, maximum: 599 },
      code: said('Stable, for programs.', TEXT),
      detail: said('For people: what is wrong with this request.', TEXT),
      hint: said('What to do instead.', TEXT),
      errors: listOf({ $ref: '#/components/schemas/ProblemDetail' }),
      traceId: TEXT,
    },
  },
};
