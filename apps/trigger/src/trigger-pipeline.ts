import { type BrokerConnection, type Delivery, Publisher, PublishOutgoing } from '@reprise/broker';
import { runId } from '@reprise/core';
import { type Database, DatabaseClock, DeadLetterStore, MemberStore, WorkflowCache, WorkflowStore } from '@reprise/ledger';
import { GatherBatches, type ServiceContext } from '@reprise/service';
import { AcceptWebhook } from './accept-webhook.js';
import { ActiveWorkflows } from './active-workflows.js';
import { FollowRuns } from './follow-runs.js';
import { PlanChildren } from './plan-child.js';
import { PlanReruns } from './plan-rerun.js';
import { PlanStarts } from './plan-starts.js';
import { RegisterWorkflow } from './register-workflow.js';
import { RepeatRuns } from './repeat-runs.js';
import { Schedules } from './schedules.js';
import type { StartAnswer, StartRequest } from './start-request.js';
import { StartRuns } from './start-runs.js';
import { WaitForRuns } from './wait-for-runs.js';

const MOST_REQUESTS = 500;
const CLOCK_EVERY_MS = 1_000;

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
  private readonly following: FollowRuns;
  private readonly repeating: RepeatRuns;
  private readonly databaseClock: DatabaseClock;
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
    const { logger, clock, settings, metrics, drain } = context;
    const store = new WorkflowStore(database);
    this.databaseClock = new DatabaseClock(database, () => clock.monotonicMs());
    this.publisher = new Publisher(connection, { logger });
    this.letters = new DeadLetterStore(database);
    this.register = new RegisterWorkflow(store, new MemberStore(database), clock, settings.limits);
    this.waiting = new WaitForRuns(database, drain.signal);
    const freshRunId = () => runId(clock.uuidv7());
    const planner = new PlanStarts(store, freshRunId);
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
      publisher: new PublishOutgoing(this.publisher, connection.names, logger),
      names: connection.names,
      clock,
      settings,
      metrics,
      logger,
    });
    this.lane = new GatherBatches(MOST_REQUESTS, (asked) => this.process(asked));
    const { databaseClock, starts } = this;
    this.following = new FollowRuns({ starts, active, logger });
    this.repeating = new RepeatRuns({ starts, logger });
    this.schedules = new Schedules({ context, database, databaseClock, store, starts, names: connection.names });
  }

  async start(): Promise<void> {
    await this.databaseClock.sample();
    this.timer = setInterval(() => void this.databaseClock.sample().catch(() => undefined), CLOCK_EVERY_MS);
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

  /** Resolves with the answers as soon as they are durable. */
  async answer(requests: readonly StartRequest[]): Promise<readonly StartAnswer[]> {
    return (await this.submit(requests)).answers;
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
    const { clock, logger, metrics } = this.context;
    const { exchange, routingKey, properties, body } = delivery;
    logger.warn({ routingKey, messageId: properties.messageId, reason }, 'a trigger event cannot be read');
    metrics.counter('reprise_trigger_events_total', { outcome: 'rejected' }).inc();
    await this.letters.insert([
      { id: clock.uuidv7(), queue: 'trigger', reason, body, properties: { exchange, routingKey, ...properties } },
    ]);
    this.buried.add(delivery);
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
