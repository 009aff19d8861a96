import type { IncomingMessage } from 'node:http';
import { Controller, Get, HttpCode, Inject, Param, Post, Query as QueryParams, Req } from '@nestjs/common';
import type { ApprovalView, Page } from '@reprise/contracts';
import { isUuid } from '@reprise/core';
import { ApprovalViews } from '@reprise/ledger';
import { identityOf, requiredBody } from '@reprise/service';
import { type Query, QueryReader } from '../requests/read-query.js';
import { pageOf } from '../runs/runs.controller.js';
import { AnswerApprovals, noApproval } from './answer-approval.js';
import { readAnswer } from './read-answer.js';

const STATES = ['open', 'decided', 'expired', 'closed'] as const;

/** What people are asked, and what they say. */
@Controller('v1/approvals')
export class ApprovalsController {
  constructor(
    @Inject(ApprovalViews) private readonly views: ApprovalViews,
    @Inject(AnswerApprovals) private readonly answers: AnswerApprovals,
  ) {}

  @Get()
  async list(@QueryParams() query: Query): Promise<Page<ApprovalView>> {
    const reader = new QueryReader(query);
    const run = reader.text('run')?.toLowerCase() ?? null;
    if (run !== null && !isUuid(run)) reader.refuse('run', 'must be the id of a run');
    const filter = {
      state: reader.oneOf('state', STATES),
      assignee: reader.text('assignee')?.toLowerCase() ?? null,
      workflow: reader.text('workflow'),
      run,
    };
    const page = reader.page();
    reader.check();
    return pageOf(await this.views.list(filter, page), 'approvals');
  }

  @Get(':id')
  async show(@Param('id') id: string): Promise<ApprovalView> {
    const approval = await this.views.find(idOf(id));
    if (approval === null) throw noApproval(id);
    return approval;
  }

  @Post(':id')
  @HttpCode(200)
  async answer(@Param('id') id: string, @Req() request: IncomingMessage): Promise<ApprovalView> {
    const said = readAnswer(requiredBody(request).value, identityOf(request));
    return this.answers.answer(idOf(id), said);
  }
}

/** What is no id at all is no approval's id. */
function idOf(text: string): string {
  const id = text.toLowerCase();
  if (!isUuid(id)) throw noApproval(text);
  return id;
}
