import type { IncomingMessage } from 'node:http';
import { type BrokerConnection, type Delivery, Publisher, PublishOutgoing } from '@reprise/broker';
import { runId } from '@reprise/core';
import {
  type Database,
  DatabaseClock,
  DeadLetterStore,
  MemberStore,
  WatchPaces,
  WorkflowCache,
  WorkflowStore,
} from '@reprise/ledger';
import { GatherBatches, Loop, type ServiceContext } from '@reprise/service';
import { ActiveWorkflows } from '../definitions/active-workflows.js';
import { RegisterWorkflow } from '../definitions/register-workflow.js';
import { FollowRuns } from '../follow/follow-runs.js';
import { RepeatRuns } from '../follow/repeat-runs.js';
import { WaitForRuns } from '../follow/wait-for-runs.js';
import { Schedules } from '../schedules/schedules.js';
import { PlanChildren } from '../starts/plan-child.js';
import { PlanReruns } from '../starts/plan-rerun.js';
import { PlanStarts } from '../starts/plan-starts.js';
import type { ReceivedRequest, StartAnswer, StartRequest } from '../starts/start-request.js';
import { StartRuns } from '../starts/start-runs.js';
import { overHttp } from '../starts/trace-arrival.js';
import { AcceptWebhook } from '../webhooks/accept-webhook.js';

const MOST_REQUESTS = 500;
const LOOK_EVERY_MS = 1_000;
const FOLLOW_EVERY_MS = 200;
const REPEAT_EVERY_MS = 250;

interface Asked {
  readonly request: StartRequest;
  /** Called once the answer is durable. */
  readonly answer: (answer: StartAnswer) => void;
}

/** What the trigger's controllers and consumers share: one lane of batches into the ledger, whatever way a request came. */
export class TriggerPipeline {
  readonly register: RegisterWorkflow;
  readonly waiting: WaitForRuns;
  readonly schedules: Schedules;
  readonly webhooks: AcceptWebhook;
  private readonly following: Loop;
  private readonly repeating: Loop;
  private readonly databaseClock: DatabaseClock;
  private readonly paces: WatchPaces;
  private readonly publisher: Publisher;
  private readonly starts: StartRuns;
  private readonly lane: GatherBatches<Asked>;
  private readonly letters: DeadLetterStore;
  /** A batch that the database did not answer comes again: what was buried stays buried once. */
  private readonly buried = new WeakSet<Delivery>();
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly context: ServiceContext,
    database: Database,
    connection: BrokerConnection,
  ) {
    const { logger, clock, settings, metrics, drain, tracing } = context;
    const store = new WorkflowStore(database);
    this.databaseClock = new DatabaseClock(database, () => clock.monotonicMs());
    this.publisher = new Publisher(connection, { logger });
    this.letters = new DeadLetterStore(database);
    const members = new MemberStore(database);
    this.paces = new WatchPaces({ members, onError: (error) => logger.debug({ error }, 'the paces of calls cannot be read') });
    this.register = new RegisterWorkflow(store, members, clock, settings.limits);
    this.waiting = new WaitForRuns(database, drain.signal);
    const freshRunId = () => runId(clock.uuidv7());
    const planner = new PlanStarts(store, freshRunId, settings.limits.maxInputBytes);
    const versions = new WorkflowCache(store);
    const active = new ActiveWorkflows(store);
    this.webhooks = new AcceptWebhook(active, (name) => settings.secrets()(name), clock);
    this.starts = new StartRuns({
      database,
      databaseClock: this.databaseClock,
      active,
      planner,
      children: new PlanChildren(database, versions, planner),
      reruns: new PlanReruns(versions, planner, freshRunId),
      publisher: new PublishOutgoing(this.publisher, connection.names, logger, this.paces.isQuick),
      names: connection.names,
      clock,
      settings,
      metrics,
      logger,
      tracing,
    });
    this.lane = new GatherBatches(MOST_REQUESTS, (asked) => this.process(asked));
    const { databaseClock, starts } = this;
    const follow = new FollowRuns({ starts, active, logger });
    const repeat = new RepeatRuns({ starts, logger });
    this.following = this.loop('ends of runs cannot be looked at now', FOLLOW_EVERY_MS, () => follow.look());
    this.repeating = this.loop('batches cannot be looked at now', REPEAT_EVERY_MS, () => repeat.look());
    this.schedules = new Schedules({ context, database, databaseClock, store, starts, names: connection.names });
  }

  async start(): Promise<void> {
    await this.databaseClock.sample();
    this.timer = setInterval(() => void this.look(), LOOK_EVERY_MS);
    this.schedules.start();
    this.following.start();
    this.repeating.start();
  }

  async stop(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    await this.schedules.stop();
    await this.following.stop();
    await this.repeating.stop();
    await this.publisher.close();
  }

  /** Resolves with the answers as soon as they are durable. `over`: what they came with, and by which route. */
  async answer(requests: readonly ReceivedRequest[], over: IncomingMessage, route: string): Promise<readonly StartAnswer[]> {
    const { tracing, clock } = this.context;
    const arrival = tracing === null ? null : overHttp(over, route, clock);
    const arrived = arrival === null ? requests : requests.map((request) => ({ ...request, arrival: arrival(request) }));
    return (await this.submit(arrived)).answers;
  }

  /** Resolves with the answers once they are durable and what follows from them is told: then a message may be acknowledged. */
  async answerAndTell(requests: readonly StartRequest[]): Promise<readonly StartAnswer[]> {
    const { answers, told } = await this.submit(requests);
    await told;
    return answers;
  }

  /** Messages that cannot be read are kept with the reason. */
  async bury(delivery: Delivery, reason: string): Promise<void> {
    if (this.buried.has(delivery)) return;
    const { clock, logger } = this.context;
    const { exchange, routingKey, properties, body } = delivery;
    logger.warn({ routingKey, messageId: properties.messageId, reason }, 'a trigger event cannot be read');
    await this.letters.insert([
      { id: clock.uuidv7(), queue: 'trigger', reason, body, properties: { exchange, routingKey, ...properties } },
    ]);
    this.buried.add(delivery);
    this.countRefused(1);
  }

  /** Events that cannot be read, and that nobody keeps but perhaps as dead letters. */
  countRefused(events: number): void {
    this.context.metrics.counter('reprise_trigger_events_total', { outcome: 'rejected' }).inc(events);
  }

  private loop(trouble: string, everyMs: number, work: () => Promise<'again' | 'rest'>): Loop {
    const { clock, logger } = this.context;
    return new Loop({ everyMs, unit: () => clock.unit(), work, onError: (error) => logger.warn({ error }, trouble) });
  }

  private async look(): Promise<void> {
    await Promise.all([this.databaseClock.sample().catch(() => undefined), this.paces.look()]);
  }

  private async submit(requests: readonly StartRequest[]) {
    if (requests.length === 0) return { answers: [], told: Promise.resolve() };
    const answers: StartAnswer[] = [];
    let told: Promise<void> = Promise.resolve();
    await new Promise<void>((resolve, reject) => {
      let open = requests.length;
      const asked = requests.map((request, index) => ({
        request,
        answer: (answer: StartAnswer) => {
          answers[index] = answer;
          open -= 1;
          if (open === 0) resolve();
        },
      }));
      told = this.lane.submit(asked);
      told.catch(reject);
    });
    return { answers, told };
  }

  private async process(asked: readonly Asked[]): Promise<{ readonly done: Promise<void> }> {
    const { answers, told } = await this.starts.start(asked.map(({ request }) => request));
    for (const [index, { answer }] of asked.entries()) {
      const known = answers[index];
      if (known !== undefined) answer(known);
    }
    return { done: told };
  }
}
