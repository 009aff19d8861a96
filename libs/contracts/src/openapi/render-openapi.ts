import type { Json } from '@reprise/core';
import { APPROVAL_ROUTES, APPROVAL_SCHEMAS } from './approval-routes.js';
import { DEPENDENCY_ROUTES, DEPENDENCY_SCHEMAS } from './dependency-routes.js';
import { DOCTOR_ROUTES, DOCTOR_SCHEMAS } from './doctor-routes.js';
import { EVENT_ROUTES, EVENT_SCHEMAS } from './event-routes.js';
import { MESSAGE_ROUTES, MESSAGE_SCHEMAS } from './message-routes.js';
import { OPERATION_ROUTES, OPERATION_SCHEMAS } from './operation-routes.js';
import type { Answer, Parameter, Route } from './route.js';
import { RUN_ROUTES } from './run-routes.js';
import { RUN_SCHEMAS } from './run-schemas.js';
import { SCHEDULE_ROUTES } from './schedule-routes.js';
import { SCHEDULE_SCHEMAS } from './schedule-schemas.js';
import { component, ID, ORDINAL, type Schema, TEXT } from './schema.js';
import { PROBLEM_SCHEMAS, SERVICE_ROUTES } from './service-routes.js';
import { SIMULATION_ROUTES, SIMULATION_SCHEMAS } from './simulation-routes.js';
import { START_SCHEMAS } from './start-schemas.js';
import { WHY_SCHEMAS } from './why-schemas.js';
import { WORKFLOW_ROUTES, WORKFLOW_SCHEMAS } from './workflow-routes.js';

/** Everything that can be asked of the monitor, the front door. */
export const ROUTES: readonly Route[] = [
  ...WORKFLOW_ROUTES,
  ...RUN_ROUTES,
  ...EVENT_ROUTES,
  ...APPROVAL_ROUTES,
  ...SCHEDULE_ROUTES,
  ...MESSAGE_ROUTES,
  ...DEPENDENCY_ROUTES,
  ...OPERATION_ROUTES,
  ...DOCTOR_ROUTES,
  ...SIMULATION_ROUTES,
  ...SERVICE_ROUTES,
];

const SCHEMAS: Readonly<Record<string, Schema>> = {
  ...WORKFLOW_SCHEMAS,
  ...RUN_SCHEMAS,
  ...START_SCHEMAS,
  ...EVENT_SCHEMAS,
  ...APPROVAL_SCHEMAS,
  ...SCHEDULE_SCHEMAS,
  ...MESSAGE_SCHEMAS,
  ...DEPENDENCY_SCHEMAS,
  ...OPERATION_SCHEMAS,
  ...DOCTOR_SCHEMAS,
  ...SIMULATION_SCHEMAS,
  ...WHY_SCHEMAS,
  ...PROBLEM_SCHEMAS,
};

/** The HTTP interface as an OpenAPI 3.1 document. */
export function renderOpenApi(version: string): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of ROUTES) paths[route.path] = { ...paths[route.path], [route.method]: operationOf(route) };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Reprise',
      version,
      description: 'Workflows that can be repeated and retried safely. Errors are application/problem+json with a stable `code`.',
    },
    servers: [{ url: '/' }],
    tags: [...new Set(ROUTES.map(({ tag }) => tag))].map((name) => ({ name })),
    security: [{ bearer: [] }, {}],
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'Where REPRISE_TOKEN or REPRISE_TOKENS is set.' },
      },
      responses: {
        Problem: {
          description: 'A problem (RFC 9457); `code` tells programs which, `detail` people.',
          content: { 'application/problem+json': { schema: component('Problem') } },
        },
      },
      schemas: SCHEMAS,
    },
  };
}

function operationOf(route: Route): Json {
  const { method, path, tag, summary, parameters = [], body, answers, problems = [], open } = route;
  const refused = problems.map((status) => [String(status), { $ref: '#/components/responses/Problem' }] as const);
  const answered = Object.entries(answers).map(([status, answer]) => [status, responseOf(answer)] as const);
  return {
    operationId: operationId(method, path),
    tags: [tag],
    summary,
    parameters: [...pathParameters(path), ...parameters.map(parameterOf)],
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: body.required,
            content: Object.fromEntries(Object.entries(body.content).map(([type, schema]) => [type, { schema }])),
          },
        }),
    responses: Object.fromEntries([...answered, ...refused, ['default', { $ref: '#/components/responses/Problem' }]]),
    ...(open === true ? { security: [] } : {}),
  };
}

/** `getV1RunsIdTasks`: as unique as method and path are. */
function operationId(method: string, path: string): string {
  const words = path.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

const PATH_PARAMETERS: Readonly<Record<string, { readonly description: string; readonly schema: Schema }>> = {
  id: { description: 'Its id.', schema: ID },
  backfill: { description: 'Id of the backfill.', schema: ID },
  name: { description: 'Its name.', schema: TEXT },
  path: { description: 'Its path, such as `page[3].charge`.', schema: TEXT },
  hook: { description: 'As the trigger’s `path` says, such as `shop/orders`.', schema: TEXT },
  number: { description: 'Number of the attempt.', schema: ORDINAL },
  workflow: { description: 'Name of the workflow.', schema: TEXT },
  schedule: { description: 'Id of the schedule within its workflow.', schema: TEXT },
};

function pathParameters(path: string): Json[] {
  return Array.from(path.matchAll(/\{(\w+)\}/g), ([, name = '']) => {
    const { description, schema } = PATH_PARAMETERS[name] ?? { description: 'Its name.', schema: TEXT };
    return { name, in: 'path', required: true, description, schema };
  });
}

function parameterOf({ name, in: place, description, schema, required }: Parameter): Json {
  const isMap = schema['type'] === 'object';
  return {
    name,
    in: place,
    description,
    schema,
    required: required === true,
    ...(isMap ? { style: 'form', explode: true } : {}),
  };
}

function responseOf({ description, schema, mediaType = 'application/json' }: Answer): Json {
  return schema === undefined ? { description } : { description, content: { [mediaType]: { schema } } };
}
