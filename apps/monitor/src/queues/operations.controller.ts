import { Controller, Get, Inject, Query as QueryParams } from '@nestjs/common';
import type { EventView, ExecutorView, KeyView, Page } from '@reprise/contracts';
import { EventViews, MEMBER_LEASE_MS, type Member, MemberStore } from '@reprise/ledger';
import { pageByName } from '../requests/page-by-name.js';
import { type Query, QueryReader, readPage } from '../requests/read-query.js';
import { pageOf } from '../runs/runs.controller.js';
import { executorInfo } from './executor-info.js';

const OUTCOMES = ['accepted', 'duplicate', 'unmatched', 'conflict', 'rejected'] as const;

/** What operators ask about: events, keys, executors. */
@Controller('v1')
export class OperationsController {
  constructor(
    @Inject(EventViews) private readonly events: EventViews,
    @Inject(MemberStore) private readonly members: MemberStore,
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
    const page = reader.page();
    reader.check();
    return pageOf(await this.events.keys(key ?? '', page), 'keys');
  }

  /** By id. */
  @Get('executors')
  async listExecutors(@QueryParams() query: Query): Promise<Page<ExecutorView>> {
    const page = readPage(query);
    const { items, next } = pageByName(await this.members.live('executor'), page, ({ id }) => id);
    return { items: items.map(executorView), next };
  }
}

function executorView(member: Member): ExecutorView {
  const { queues, handlers, concurrency, busy, version } = executorInfo(member);
  return {
    id: member.id,
    queues,
    handlers,
    concurrency,
    busy,
    free: concurrency === null || busy === null ? null : Math.max(0, concurrency - busy),
    version,
    startedAt: new Date(member.startedAt).toISOString(),
    lastSeenAt: new Date(member.leaseUntil - MEMBER_LEASE_MS).toISOString(),
    leaseUntil: new Date(member.leaseUntil).toISOString(),
  };
}
