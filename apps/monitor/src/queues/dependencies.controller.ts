import type { IncomingMessage } from 'node:http';
import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query as QueryParams, Req } from '@nestjs/common';
import type { DependencyView, Page } from '@reprise/contracts';
import { DependencyStore, nameCursor, page, readNameCursor } from '@reprise/ledger';
import { identityOf, ProblemError } from '@reprise/service';
import { badCursor, type Query, readPage } from '../requests/read-query.js';
import { readReason } from '../requests/read-reason.js';
import { showDependency } from './show-dependency.js';

const NAME = /^[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$/;
const LONGEST_NAME = 200;

/** What calls depend on: circuit breakers, which people may open and close. */
@Controller('v1/dependencies')
export class DependenciesController {
  constructor(@Inject(DependencyStore) private readonly dependencies: DependencyStore) {}

  /** By name. */
  @Get()
  async list(@QueryParams() query: Query): Promise<Page<DependencyView>> {
    const { cursor, limit } = readPage(query);
    const after = cursor === null ? '' : readNameCursor(cursor);
    if (after === null) throw badCursor();
    const found = await this.dependencies.list(limit + 1, after);
    return page(
      found,
      limit,
      ({ name, state }) => showDependency(name, state),
      ({ name }) => nameCursor(name),
    ).page;
  }

  @Post(':name/open')
  @HttpCode(200)
  async open(@Param('name') name: string, @Body() body: unknown, @Req() request: IncomingMessage): Promise<DependencyView> {
    const reason = readReason(body);
    const cause = `opened by ${identityOf(request)}${reason === null ? '' : `: ${reason}`}`;
    if (!(await this.dependencies.open(checked(name), cause)))
      throw wrongState(name, 'is open by hand already', 'close it to let canaries through');
    return this.one(name);
  }

  @Post(':name/close')
  @HttpCode(200)
  async close(@Param('name') name: string): Promise<DependencyView> {
    if (!(await this.dependencies.close(checked(name)))) throw wrongState(name, 'is closed', 'its calls are made as they come');
    return this.one(name);
  }

  private async one(name: string): Promise<DependencyView> {
    return showDependency(name, await this.dependencies.find(name));
  }
}

const wrongState = (name: string, is: string, hint: string): ProblemError =>
  new ProblemError({ status: 409, code: 'wrong_state', detail: `The breaker of ${name} ${is}.`, hint });

/** Any name that a document could give it: it may be opened before anything depends on it. */
function checked(name: string): string {
  if (name.length <= LONGEST_NAME && NAME.test(name)) return name;
  const detail = `A dependency has a name such as bank or payments.charge, of at most ${LONGEST_NAME} characters.`;
  throw new ProblemError({ status: 422, code: 'invalid_dependency', detail });
}
