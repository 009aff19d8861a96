import type { IncomingMessage, ServerResponse } from 'node:http';
import { All, Controller, Inject, Post, Req, Res } from '@nestjs/common';
import { ForwardToTrigger } from './forward-to-trigger.js';

/** Whatever starts runs is the trigger's: this is its front door. */
@Controller('v1')
export class ForwardController {
  constructor(@Inject(ForwardToTrigger) private readonly trigger: ForwardToTrigger) {}

  @Post(['workflows', 'workflows/:name/runs', 'workflows/:name/runs\\:batch', 'runs/:id/rerun', 'events', 'hooks/*path'])
  async forward(@Req() request: IncomingMessage, @Res() response: ServerResponse): Promise<void> {
    await this.trigger.forward(request, response);
  }

  @All(['schedules', 'schedules/*path'])
  async schedules(@Req() request: IncomingMessage, @Res() response: ServerResponse): Promise<void> {
    await this.trigger.forward(request, response);
  }
}
