import { Controller, Get, Inject, Param } from '@nestjs/common';
import type { AttemptLogView } from '@reprise/contracts';
import { AttemptLogStore } from '@reprise/ledger';
import { idOf, notFound } from '../requests/run-id.js';

/** What attempts have written. */
@Controller('v1/runs/:id/tasks/:path/attempts/:number/log')
export class AttemptLogsController {
  constructor(@Inject(AttemptLogStore) private readonly logs: AttemptLogStore) {}

  @Get()
  async show(@Param('id') id: string, @Param('path') path: string, @Param('number') number: string): Promise<AttemptLogView> {
    const attempt = /^[1-9]\d{0,8}$/.test(number) ? Number(number) : null;
    const log = attempt === null ? null : await this.logs.find(idOf(id), path, attempt);
    if (log === null) throw notFound(`attempt ${number.slice(0, 20)} of task ${path.slice(0, 200)} of run ${id.slice(0, 100)}`);
    return log;
  }
}
