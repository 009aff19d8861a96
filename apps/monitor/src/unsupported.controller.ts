import type { IncomingMessage } from 'node:http';
import { Controller, Get, Req } from '@nestjs/common';
import { ProblemError } from '@reprise/service';

/** Part of the public interface, not built yet: an honest answer instead of "there is nothing here". */
@Controller()
export class UnsupportedController {
  @Get(['v1/stream'])
  view(@Req() request: IncomingMessage): never {
    throw notYet(request);
  }
}

function notYet(request: IncomingMessage): ProblemError {
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  return new ProblemError({
    status: 501,
    code: 'not_supported_yet',
    detail: `${request.method ?? ''} ${path.slice(0, 200)} is not supported yet.`,
  });
}
