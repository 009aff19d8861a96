import type { BrokerConnection } from '@reprise/broker';
import { type Middleware, ProblemError, sendProblem } from '@reprise/service';

/** What starts runs; registering, previews and pauses need no broker. */
const STARTS =
  /^\/v1\/(?:events|hooks\/.*|workflows\/[^/]+\/runs(?:(?::|%3a)batch)?|runs\/[^/]+\/rerun|schedules\/.*\/trigger)\/?$/i;
const RETRY_AFTER_SECONDS = 5;

/**
 * While the broker is short of memory or disk it takes no messages. A start would be kept in the ledger all the same, and its sender
 * would believe it under way: it is told to come again instead, before anything is written.
 */
export function refuseWhileBlocked(connection: Pick<BrokerConnection, 'state'>): Middleware {
  return (request, response, next) => {
    const state = connection.state();
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    if (state.kind !== 'blocked' || request.method !== 'POST' || !STARTS.test(path)) return next();
    const problem = new ProblemError({
      status: 503,
      code: 'broker_blocked',
      detail: `RabbitMQ takes no messages now: ${state.reason}.`,
      hint: 'Send it again later, with the same key: nothing was kept. An operator should free memory or disk on the broker.',
      headers: { 'retry-after': String(RETRY_AFTER_SECONDS) },
    });
    sendProblem(request, response, problem);
  };
}
