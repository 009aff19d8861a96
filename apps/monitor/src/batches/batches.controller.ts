import type { IncomingMessage } from 'node:http';
import { Controller, Get, HttpCode, Inject, Param, Post, Query as QueryParams, Req, Res } from '@nestjs/common';
import type { BatchView, Page } from '@reprise/contracts';
import { isUuid } from '@reprise/core';
import { BatchStore } from '@reprise/ledger';
import { identityOf, ProblemError, requiredBody } from '@reprise/service';
import type { Response } from 'express';
import { type Query, QueryReader } from '../requests/read-query.js';
import { notFound } from '../requests/run-id.js';
import { pageOf } from '../runs/runs.controller.js';
import { CreateBatch } from './create-batch.js';
import { readBatch } from './read-batch.js';

/** What is asked of many runs at once. */
@Controller('v1/batches')
export class BatchesController {
  constructor(
    @Inject(BatchStore) private readonly batches: BatchStore,
    @Inject(CreateBatch) private readonly createBatch: CreateBatch,
  ) {}

  @Post()
  async create(@Req() request: IncomingMessage, @Res({ passthrough: true }) response: Response) {
    const asked = readBatch(requiredBody(request).value);
    if (asked.dryRun) {
      response.status(200);
      return { count: await this.batches.count(asked.filter) };
    }
    const created = await this.createBatch.create(asked, identityOf(request));
    response.status(202);
    response.setHeader('Location', `/v1/batches/${created.id}`);
    return created;
  }

  @Get()
  async list(@QueryParams() query: Query): Promise<Page<BatchView>> {
    const reader = new QueryReader(query);
    const page = reader.page();
    reader.check();
    return pageOf(await this.batches.list(page), 'batches');
  }

  @Get(':id')
  async show(@Param('id') id: string): Promise<BatchView> {
    return this.find(id);
  }

  @Post(':id/cancel')
  @HttpCode(200)
  async cancel(@Param('id') id: string): Promise<BatchView> {
    const { state } = await this.find(id);
    if (await this.batches.cancel(id.toLowerCase())) return this.find(id);
    const ended = state === 'running' ? (await this.find(id)).state : state;
    throw new ProblemError({
      status: 409,
      code: 'batch_ended',
      detail: `The batch has ended: it is ${ended}.`,
      hint: 'what it has asked of runs already stays asked',
    });
  }

  private async find(id: string): Promise<BatchView> {
    const batch = isUuid(id.toLowerCase()) ? await this.batches.find(id.toLowerCase()) : null;
    if (batch === null) throw notFound(`batch ${id.slice(0, 100)}`, 'batch_not_found');
    return batch;
  }
}
