import { Controller, Get, Inject, Param, Query as QueryParams } from '@nestjs/common';
import type { AttemptView, HistoryFact, Page, RunSummary, RunView, TaskDetail, TaskView } from '@reprise/contracts';
import { RUN_STATUSES } from '@reprise/core';
import { type Paged, RunViews } from '@reprise/ledger';
import { badCursor, type Query, QueryReader, readPage } from '../requests/read-query.js';
import { idOf, noRun, notFound } from '../requests/run-id.js';

@Controller('v1/runs')
export class RunsController {
  constructor(@Inject(RunViews) private readonly views: RunViews) {}

  @Get()
  async list(@QueryParams() query: Query): Promise<Page<RunSummary>> {
    const reader = new QueryReader(query);
    const filter = {
      status: reader.oneOf('status', RUN_STATUSES),
      workflow: reader.text('workflow'),
      labels: reader.labels(),
      sinceMs: reader.instant('since'),
      untilMs: reader.instant('until'),
      q: reader.text('q'),
      parent: reader.id('parent'),
    };
    const page = reader.page();
    reader.check();
    return pageOf(await this.views.list(filter, page), 'runs');
  }

  @Get(':id')
  async show(@Param('id') id: string, @QueryParams() query: Query): Promise<RunView> {
    const reader = new QueryReader(query);
    const tasks = reader.count('tasks', 500);
    reader.check();
    const run = await this.views.find(idOf(id), tasks);
    if (run === null) throw noRun(id);
    return run;
  }

  @Get(':id/tasks')
  async tasks(@Param('id') id: string, @QueryParams() query: Query): Promise<Page<TaskView>> {
    return pageOf(await this.views.tasks(idOf(id), readPage(query)), `run ${id}`);
  }

  @Get(':id/history')
  async history(@Param('id') id: string, @QueryParams() query: Query): Promise<Page<HistoryFact>> {
    return pageOf(await this.views.history(idOf(id), readPage(query)), `run ${id}`);
  }

  @Get(':id/tasks/:path')
  async task(@Param('id') id: string, @Param('path') path: string): Promise<TaskDetail> {
    const task = await this.views.task(idOf(id), path);
    if (task === null) throw notFound(`task ${path.slice(0, 200)} of run ${id}`);
    return task;
  }

  @Get(':id/tasks/:path/attempts')
  async attempts(@Param('id') id: string, @Param('path') path: string, @QueryParams() query: Query): Promise<Page<AttemptView>> {
    return pageOf(await this.views.attempts(idOf(id), path, readPage(query)), `task ${path.slice(0, 200)} of run ${id}`);
  }
}

export function pageOf<Item>(paged: Paged<Item>, what: string): Page<Item> {
  switch (paged.kind) {
    case 'page':
      return paged.page;
    case 'bad-cursor':
      throw badCursor();
    case 'not-found':
      throw notFound(what);
  }
}
