import type { Json } from '@reprise/core';
import { runInTrace } from '@reprise/service';
import type { Attempt } from '../handlers/attempt.js';
import type { HandlerDefinition } from '../handlers/handler.js';

/** Within its attempt's trace, where its run has one: what instrumentation in the handler's process records hangs under the attempt. */
export const callHandler = (handler: HandlerDefinition, input: Json, attempt: Attempt): unknown =>
  attempt.traceparent === null ? handler.run(input, attempt) : runInTrace(attempt, () => handler.run(input, attempt));
