import type { DependencyView } from '../dependency-shapes.js';
import { answer, fields, json, PAGE, REASON, type Route } from './route.js';
import { COUNT, component, INSTANT, orNull, pageOf, type Schema, said, shape, TEXT, words } from './schema.js';

const tag = 'operations';

/** What calls depend on, and whether it may be called. */
export const DEPENDENCY_SCHEMAS: Readonly<Record<string, Schema>> = {
  Dependency: shape<DependencyView>({
    name: TEXT,
    state: said(
      '`open`: attempts wait. `half-open`: a few are let through to see. `releasing`: those that waited go in waves.',
      words<DependencyView['state']>({ closed: true, open: true, 'half-open': true, releasing: true }),
    ),
    since: orNull(INSTANT),
    until: said('When canaries go; null: it is not open, or a person decides.', orNull(INSTANT)),
    cause: said('Why it opened.', orNull(TEXT)),
    waiting: said('About how many attempts have been told to wait.', COUNT),
    calls: COUNT,
    failures: COUNT,
    retries: COUNT,
  }),
};

export const DEPENDENCY_ROUTES: readonly Route[] = [
  {
    method: 'get',
    path: '/v1/dependencies',
    tag,
    summary: 'What calls depend on, by name: circuit breakers and recent failures',
    parameters: PAGE,
    answers: { 200: answer('A page of those that anybody has heard of lately.', pageOf(component('Dependency'))) },
    problems: [400],
  },
  {
    method: 'post',
    path: '/v1/dependencies/{name}/open',
    tag,
    summary: 'Keep calls away from a dependency until its breaker is closed by hand',
    body: json(fields({ reason: REASON }), false),
    answers: { 200: answer('The dependency, open.', component('Dependency')) },
    problems: [409, 422],
  },
  {
    method: 'post',
    path: '/v1/dependencies/{name}/close',
    tag,
    summary: 'Let canaries through at once, and those that wait after them',
    answers: { 200: answer('The dependency, half-open.', component('Dependency')) },
    problems: [409, 422],
  },
];
