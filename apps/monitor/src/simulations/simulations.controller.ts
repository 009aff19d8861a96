import type { IncomingMessage } from 'node:http';
import { Controller, HttpCode, Inject, Post, Req } from '@nestjs/common';
import type { RetrySimulationView } from '@reprise/contracts';
import { requiredBody } from '@reprise/service';
import { SimulateRetry } from './simulate-retry.js';

/** What would have been. Changes nothing. */
@Controller('v1/simulations')
export class SimulationsController {
  constructor(@Inject(SimulateRetry) private readonly simulateRetry: SimulateRetry) {}

  @Post('retry')
  @HttpCode(200)
  async retry(@Req() request: IncomingMessage): Promise<RetrySimulationView> {
    return this.simulateRetry.ask(requiredBody(request).value);
  }
}
