import { applyDecorators, Catch, type ExceptionFilter, UseFilters } from '@nestjs/common';
import { type CustomTransportStrategy, EventPattern, type MessageHandler, Server } from '@nestjs/microservices';
import { isObservable, lastValueFrom, type Observable, throwError } from 'rxjs';
import { BatchConsumer, type Settlement } from '../batch-consumer.js';
import type { BrokerConnection } from '../broker-connection.js';
import type { BrokerLogger } from '../broker-logger.js';
import type { Delivery } from '../delivery.js';
import { DeliveryConsumer } from '../delivery-consumer.js';

const MODE = 'reprise:consume';

/** Nest's own filter logs a failure as nobody's and rejects with `Internal server error`: its cause would be lost to whoever tries again. */
@Catch()
class PassOn implements ExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}

const consume = (name: string, mode: 'batch' | 'each'): MethodDecorator =>
  applyDecorators(EventPattern<string>(name, { [MODE]: mode }), UseFilters(PassOn));

/**
 * A controller's method for whole batches: `(deliveries: Delivery[]) => Promise<Settlement[] | void>`.
 * `<string>` because Nest 12's typed events turn the decorated method's arguments into `unknown[]` otherwise (TS1241).
 */
export function ConsumeBatch(name: string): MethodDecorator {
  return consume(name, 'batch');
}

/** A controller's method for one delivery at a time, as many at once as `prefetch`: `(delivery: Delivery) => Promise<void>`. */
export function ConsumeEach(name: string): MethodDecorator {
  return consume(name, 'each');
}

export interface ConsumerSettings {
  readonly queues: readonly string[];
  readonly prefetch: number;
  /** Batches only. Default: `prefetch`. */
  readonly maxBatch?: number;
  /** Batches only, per queue. Default 1. */
  readonly concurrency?: number;
}

export interface AmqpStrategyOptions {
  readonly connection: BrokerConnection;
  readonly logger: BrokerLogger;
  /** By the name in the decorator. A handler without settings, or settings without a handler, is a boot error. */
  readonly consumers: Readonly<Record<string, ConsumerSettings>>;
}

/** Nest's transport over batch consumers, one per queue. Closing drains; the connection belongs to whoever made it. */
export class AmqpStrategy extends Server implements CustomTransportStrategy {
  override readonly transportId = Symbol.for('reprise.amqp');
  /** Without it Nest swallows a handler's rejection, and the batch would be acknowledged. */
  override readonly propagatesEventHandlerErrors = true;
  private readonly running: (BatchConsumer | DeliveryConsumer)[] = [];

  constructor(private readonly options: AmqpStrategyOptions) {
    super();
  }

  /** Starts consuming in the background: a broker that is down must not hold up the start of the health endpoints. */
  listen(callback: (error?: unknown) => void): void {
    try {
      for (const name of Object.keys(this.options.consumers)) {
        if (!this.messageHandlers.has(name)) throw new Error(`no controller consumes ${name}`);
      }
      for (const [name, handler] of this.messageHandlers) this.running.push(...this.consumersFor(name, handler));
    } catch (error) {
      callback(error);
      return;
    }
    for (const consumer of this.running) void consumer.start();
    callback();
  }

  async close(): Promise<void> {
    await Promise.all(this.running.map((consumer) => consumer.stop()));
  }

  /** See `BatchConsumer.giveWay`; a queue that is not consumed in batches is left alone. */
  async giveWay(queue: string): Promise<void> {
    const consumer = this.running.find((each) => each.queue === queue);
    if (consumer instanceof BatchConsumer) await consumer.giveWay();
  }

  override on(): never {
    throw new Error('listen to the BrokerConnection instead');
  }

  override unwrap<T>(): T {
    return this.options.connection as T;
  }

  private consumersFor(name: string, handler: MessageHandler): (BatchConsumer | DeliveryConsumer)[] {
    const settings = this.options.consumers[name];
    if (!settings) throw new Error(`a controller consumes ${name}, but there are no settings for it`);
    const { connection, logger } = this.options;
    const { prefetch, maxBatch = prefetch, concurrency = 1 } = settings;
    const each = handler.extras?.[MODE] === 'each';
    return settings.queues.map((queue) =>
      each
        ? new DeliveryConsumer(connection, {
            queue,
            prefetch,
            logger,
            onDelivery: async (one) => void (await answerOf(handler, one)),
          })
        : new BatchConsumer(connection, {
            queue,
            prefetch,
            maxBatch,
            concurrency,
            logger,
            // What a controller returns is only known at run time; the consumer checks it.
            onBatch: (all) => answerOf(handler, all) as Promise<Settlement[] | undefined>,
          }),
    );
  }
}

/** Nest wraps what a method returns in a promise of a value or of an observable. */
async function answerOf(handler: MessageHandler, data: Delivery | Delivery[]): Promise<unknown> {
  const answer: unknown = await handler(data);
  return isObservable(answer) ? await lastValueFrom(answer, { defaultValue: undefined }) : answer;
}
