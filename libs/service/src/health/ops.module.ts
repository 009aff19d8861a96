import type { ServerResponse } from 'node:http';
import { Controller, type DynamicModule, Get, Inject, Module, Res } from '@nestjs/common';
import { Metrics } from '../metrics/metrics.js';
import { Health } from './health.js';

@Controller()
export class OpsController {
  constructor(
    @Inject(Health) private readonly health: Health,
    @Inject(Metrics) private readonly metrics: Metrics,
  ) {}

  /** Alive: the event loop answers. Never asks a dependency, or a broker that is down would restart every service. */
  @Get('healthz')
  healthz(): { status: 'alive' } {
    return { status: 'alive' };
  }

  @Get('readyz')
  async readyz(@Res() response: ServerResponse): Promise<void> {
    const report = await this.health.report();
    response.writeHead(report.status === 'ready' ? 200 : 503, { 'content-type': 'application/json' });
    response.end(JSON.stringify(report));
  }

  @Get('metrics')
  async exposition(@Res() response: ServerResponse): Promise<void> {
    const text = await this.metrics.metricsText();
    response.writeHead(200, { 'content-type': this.metrics.contentType });
    response.end(text);
  }
}

/** `/healthz`, `/readyz`, `/metrics`, the same on all four services. `runService` imports it. */
@Module({})
export class OpsModule {
  static forRoot(parts: { readonly health: Health; readonly metrics: Metrics }): DynamicModule {
    return {
      module: OpsModule,
      controllers: [OpsController],
      providers: [
        { provide: Health, useValue: parts.health },
        { provide: Metrics, useValue: parts.metrics },
      ],
    };
  }
}
