import type { Json } from '../json.js';

export const CALL: Json = {
  description: 'Name of a handler.',
  type: 'string',
  pattern: '^[A-Za-z][A-Za-z0-9_-]*(\\.[A-Za-z0-9_-]+)*$',
  maxLength: 200,
};

export const DEPENDENCY: Json = {
  description: 'What it depends on: attempts of all calls that name it share a circuit breaker and a retry budget.',
  type: 'string',
  pattern: '^[A-Za-z][A-Za-z0-9_-]*(\\.[A-Za-z0-9_-]+)*$',
  maxLength: 200,
};
