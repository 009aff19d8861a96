import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  type FactoryProvider,
  Inject,
  Injectable,
  Module,
  type ModuleMetadata,
  type OnApplicationBootstrap,
  type Provider,
} from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { createServiceContext, settingsFromEnvironment } from '@reprise/service';
import { checkOptions, type RepriseExecutorOptions } from './executor-options.js';
import { discoverHandlers } from './handlers/discover-handlers.js';
import { HandlerRegistry } from './handlers/handler-registry.js';
import { type RunningExecutor, startEmbeddedExecutor } from './start-embedded-executor.js';

/** As everywhere in Nest: what the factory needs is imported and injected. */
export interface RepriseExecutorAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  readonly inject?: FactoryProvider['inject'];
  // biome-ignore lint/suspicious/noExplicitAny: what Nest injects has the types that `inject` names, which it cannot tell.
  readonly useFactory: (...injected: any[]) => RepriseExecutorOptions | Promise<RepriseExecutorOptions>;
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
    checkOptions(this.options);
    const { environment, queue, ...options } = this.options;
    const settings = settingsFromEnvironment('executor', environment);
    const { queues = queue === undefined ? settings.queues : [queue], concurrency = settings.concurrency } = options;
    const handlers = discoverHandlers(this.discovery);
    // Before the backends are waited for: a slip in the code is told at once, not when the database is back.
    new HandlerRegistry(handlers);
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
    return moduleOf([], { provide: OPTIONS, useValue: options });
  }

  /** With options that other providers know: a configuration service, a secret store. */
  static forRootAsync({ imports = [], inject = [], useFactory }: RepriseExecutorAsyncOptions): DynamicModule {
    return moduleOf(imports, { provide: OPTIONS, inject, useFactory });
  }
}

const moduleOf = (imports: NonNullable<ModuleMetadata['imports']>, options: Provider): DynamicModule => ({
  module: RepriseExecutorModule,
  imports: [DiscoveryModule, ...imports],
  providers: [EmbeddedExecutor, options],
});
