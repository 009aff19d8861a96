import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Inject,
  Injectable,
  Module,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { createServiceContext, settingsFromEnvironment } from '@reprise/service';
import { discoverHandlers } from './discover-handlers.js';
import { type RunningExecutor, startEmbeddedExecutor } from './start-embedded-executor.js';

export interface RepriseExecutorOptions {
  /** Task queue to take attempts from; default: `REPRISE_QUEUES`. */
  readonly queue?: string;
  readonly queues?: readonly string[];
  /** Handlers at the same time; default: `REPRISE_CONCURRENCY`. */
  readonly concurrency?: number;
}

const OPTIONS = Symbol('RepriseExecutorOptions');

/** Starts with the application, drains with it: call `app.enableShutdownHooks()`. */
@Injectable()
class EmbeddedExecutor implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private running: RunningExecutor | null = null;

  constructor(
    @Inject(OPTIONS) private readonly options: RepriseExecutorOptions,
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const settings = settingsFromEnvironment('executor');
    const { queue, queues = queue === undefined ? settings.queues : [queue], concurrency = settings.concurrency } = this.options;
    const handlers = discoverHandlers(this.discovery);
    this.running = await startEmbeddedExecutor(createServiceContext('executor', settings), { handlers, queues, concurrency });
  }

  /** Before the application's own pools close (TypeORM's do on shutdown): handlers that are still at work need them. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.running?.close();
  }
}

/** Makes a Nest application an executor: its providers' `@Handler` methods run attempts. Settings come from the environment. */
@Module({})
export class RepriseExecutorModule {
  static forRoot(options: RepriseExecutorOptions = {}): DynamicModule {
    return {
      module: RepriseExecutorModule,
      imports: [DiscoveryModule],
      providers: [EmbeddedExecutor, { provide: OPTIONS, useValue: options }],
    };
  }
}
