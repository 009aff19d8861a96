import { type BrokerConnection, type Delivery, type OutgoingMessage, Publisher, PublishOutgoing } from '@reprise/broker';
import {
  decodeGateRequest,
  encodeGateAnswer,
  type GateAnswer,
  type GateRequest,
  type GateRequestOf,
  type InboxItem,
  packInbox,
} from '@reprise/contracts';
import {
  ClaimStore,
  classifyError,
  type Database,
  MemberStore,
  RepeatClaims,
  WorkflowCache,
  WorkflowStore,
} from '@reprise/ledger';
import { faultPoint, type ServiceContext } from '@reprise/service';
import { cleanOutcome } from './clean-outcome.js';
import { GrantClaims } from './grant-claims.js';
import { keyOf, once } from './held-attempts.js';
import { TakeOutcomes } from './take-outcomes.js';
import { WelcomeWorker } from './welcome-worker.js';

interface Asked<Request extends GateRequest = GateRequest> {
  readonly request: Request;
  readonly delivery: Delivery;
}

interface Answered {
  readonly delivery: Delivery;
  readonly answer: GateAnswer;
}

export type Bury = (delivery: Delivery, reason: string) => Promise<void>;

/**
 * The gate: what executors do in the ledger themselves, for workers that speak only AMQP. Each request is acted on, answered to its
 * `reply_to` with its `correlation_id`, then acknowledged; each may come twice.
 */
export class AnswerRequests {
  private readonly publisher: Publisher;
  private readonly store: ClaimStore;
  private readonly outcomes: TakeOutcomes;
  private readonly grants: GrantClaims;
  private readonly workers: WelcomeWorker;

  constructor(
    private readonly context: ServiceContext,
    database: Database,
    private readonly connection: BrokerConnection,
    private readonly bury: Bury,
  ) {
    const { logger, settings, metrics } = context;
    const { leaseMs } = settings;
    const { names } = connection;
    this.publisher = new Publisher(connection, { logger });
    const outgoing = new PublishOutgoing(this.publisher, names, logger);
    this.putBack = async (items) => void (await outgoing.publish(packInbox(names, items)));
    this.store = new ClaimStore(database);
    this.outcomes = new TakeOutcomes({ store: this.store, publisher: this.publisher, names, leaseMs, logger });
    this.grants = new GrantClaims({
      store: this.store,
      repeats: new RepeatClaims(database),
      workflows: new WorkflowCache(new WorkflowStore(database)),
      outcomes: this.outcomes,
      putBack: this.putBack,
      leaseMs,
      metrics,
    });
    this.workers = new WelcomeWorker({ members: new MemberStore(database), connection, leaseMs });
  }

  private readonly putBack: (items: readonly InboxItem[]) => Promise<void>;

  async close(): Promise<void> {
    await this.publisher.close();
  }

  async answer(deliveries: readonly Delivery[]): Promise<void> {
    const asked: Asked[] = [];
    const answered: Answered[] = [];
    for (const delivery of deliveries) {
      const decoded = decodeGateRequest(delivery.body);
      const misdirected = this.misdirected(delivery);
      if (misdirected !== null) await this.bury(delivery, misdirected);
      else if (decoded.kind === 'ok') asked.push({ request: decoded.value, delivery });
      else if (delivery.properties.replyTo === undefined) await this.bury(delivery, decoded.reason);
      else answered.push({ delivery, answer: { kind: 'refused', reason: decoded.reason } });
    }
    answered.push(...(await this.act(asked)));
    await this.reply(answered);
    if (asked.some(is('claim'))) await faultPoint('gate.after-claim-answered');
  }

  /** One bad request never blocks the gate: what the database refuses together is tried one by one, and what it refuses alone is refused. */
  private async act(asked: readonly Asked[]): Promise<readonly Answered[]> {
    try {
      return await this.actTogether(asked);
    } catch (error) {
      if (classifyError(error) !== 'refused') throw error;
      const [only, ...others] = asked;
      if (only === undefined) return [];
      if (others.length > 0) {
        const answers: Answered[] = [];
        for (const each of asked) answers.push(...(await this.act([each])));
        return answers;
      }
      const reason = error instanceof Error ? error.message : String(error);
      this.context.logger.error({ error, request: only.request.kind }, 'a request of a worker cannot be acted on');
      if (only.delivery.properties.replyTo === undefined) await this.bury(only.delivery, reason);
      return [{ delivery: only.delivery, answer: { kind: 'refused', reason } }];
    }
  }

  private async actTogether(asked: readonly Asked[]): Promise<readonly Answered[]> {
    const answered: Answered[] = [];
    for (const { request, delivery } of asked) {
      const answer = await this.alone(request);
      if (answer !== null) answered.push({ delivery, answer });
    }
    answered.push(...(await this.renew(asked.filter(is('heartbeat')))));
    answered.push(...(await this.end(asked.filter(is('outcome')))));
    return answered;
  }

  /** null: those that are many and small are acted on together. */
  private async alone(request: GateRequest): Promise<GateAnswer | null> {
    switch (request.kind) {
      case 'hello':
        return this.workers.welcome(request);
      case 'goodbye':
        return this.workers.dismiss(request);
      case 'claim':
        return { kind: 'claimed', attempts: await this.grants.grant(request) };
      case 'put-back':
        await this.putBack(
          request.attempts.map(({ run, version, node, at, fence }) => ({
            kind: 'hold',
            run,
            version,
            node,
            at,
            fence,
            reason: 'NO_HANDLER',
          })),
        );
        return { kind: 'accepted' };
      case 'heartbeat':
      case 'outcome':
        return null;
    }
  }

  private async renew(asked: readonly Asked<GateRequestOf<'heartbeat'>>[]): Promise<readonly Answered[]> {
    if (asked.length === 0) return [];
    const held = once(asked.map(({ request }) => request)).map((each) => ({ ...each, outcome: null }));
    const renewed = await this.store.renew(held, this.context.settings.leaseMs);
    const cancelling = new Map(renewed.map((each) => [keyOf({ ...each.address, claim: each.claim }), each.cancelling]));
    return asked.map(({ request, delivery }) => {
      const isCancelling = cancelling.get(keyOf(request));
      return { delivery, answer: { kind: isCancelling === undefined ? 'gone' : isCancelling ? 'cancel' : 'held' } };
    });
  }

  private async end(asked: readonly Asked<GateRequestOf<'outcome'>>[]): Promise<readonly Answered[]> {
    const { settings, metrics } = this.context;
    const ended = asked.map(({ request }) => ({
      ...request,
      outcome: cleanOutcome(request.outcome, settings.limits.maxOutputBytes),
    }));
    const accepted = await this.outcomes.take(ended);
    // Delivered before, it may be this very outcome that has ended the claim since.
    const stale = asked.filter(({ request, delivery }) => !accepted.has(keyOf(request)) && !delivery.redelivered);
    if (stale.length > 0) metrics.counter('reprise_stale_writes_rejected_total').inc(stale.length);
    return asked.map(({ request, delivery }) => ({
      delivery,
      answer: { kind: accepted.has(keyOf(request)) ? 'accepted' : 'stale' },
    }));
  }

  /** Who does not hear an answer asks again. */
  private async reply(answered: readonly Answered[]): Promise<void> {
    const replies = answered.flatMap(({ delivery, answer }): OutgoingMessage[] => {
      const { replyTo, correlationId } = delivery.properties;
      if (replyTo === undefined) return [];
      const about = correlationId === undefined ? {} : { correlationId };
      return [{ exchange: '', routingKey: replyTo, body: encodeGateAnswer(answer), ...about }];
    });
    if (replies.length > 0) await this.publisher.publish(replies);
  }

  /** An answer is no message to Reprise itself: nobody is to have one written there in its name. */
  private misdirected({ properties: { replyTo } }: Delivery): string | null {
    if (replyTo === undefined || (replyTo !== '' && !replyTo.startsWith(`${this.connection.names.prefix}.`))) return null;
    return `\`reply_to\` must be a queue of the worker's own, not ${JSON.stringify(replyTo)}`;
  }
}

const is =
  <Kind extends GateRequest['kind']>(kind: Kind) =>
  (asked: Asked): asked is Asked<GateRequestOf<Kind>> =>
    asked.request.kind === kind;
