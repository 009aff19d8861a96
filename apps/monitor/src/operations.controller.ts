import { Controller, Get, Inject, Query as QueryParams } from '@nestjs/common';
import type { EventView, KeyView, Page } from '@reprise/contracts';
import { EventViews, type Member, MemberStore, WorkflowCache, WorkflowStore } from '@reprise/ledger';
import { ProblemError } from '@reprise/service';
import { executorInfo } from './executor-info.js';
import { type Query, QueryReader } from './read-query.js';
import { pageOf } from './runs.controller.js';

const OUTCOMES = ['accepted', 'unmatched', 'conflict', 'rejected'] as const;

/** What operators ask about: events, keys, executors. */
@Controller('v1')
export class OperationsController {
  constructor(
    @Inject(EventViews) private readonly events: EventViews,
    @Inject(MemberStore) private readonly members: MemberStore,
    @Inject(WorkflowStore) private readonly workflows: WorkflowStore,
    @Inject(WorkflowCache) private readonly compiled: WorkflowCache,
  ) {}

  @Get('events')
  async listEvents(@QueryParams() query: Query): Promise<Page<EventView>> {
    const reader = new QueryReader(query);
    const filter = { type: reader.text('type'), outcome: reader.oneOf('outcome', OUTCOMES) };
    const page = reader.page();
    reader.check();
    return pageOf(await this.events.list(filter, page), 'events');
  }

  @Get('ledger')
  async listKeys(@QueryParams() query: Query): Promise<Page<KeyView>> {
    const reader = new QueryReader(query);
    const key = reader.text('key');
    if (key === null) reader.refuse('key', 'is required');
    reader.check();
    return { items: await this.events.keys(key ?? '', await this.callNames()), next: null };
  }

  @Get('executors')
  async listExecutors(): Promise<Page<Record<string, unknown>>> {
    return { items: (await this.members.live('executor')).map(executorView), next: null };
  }

  /** Names of calls that may own a key: those of the workflows that may start. */
  private async callNames(): Promise<readonly string[]> {
    const names = new Set<string>();
    for (const { id } of await this.workflows.current()) {
      for (const { work } of (await this.compiled.get(id))?.nodes ?? []) if (work.kind === 'call') names.add(work.call);
    }
    if (names.size > 10_000)
      throw new ProblemError({
        status: 501,
        code: 'too_many_calls',
        detail: 'There are too many calls to search all their keys.',
      });
    return [...names];
  }
}

function executorView(member: Member): Record<string, unknown> {
  const { queues, handlers, concurrency } = executorInfo(member);
  return {
    id: member.id,
    queues: [...queues.keys()].sort(),
    handlers,
    concurrency,
    startedAt: new Date(member.startedAt).toISOString(),
    leaseUntil: new Date(member.leaseUntil).toISOString(),
  };
}
