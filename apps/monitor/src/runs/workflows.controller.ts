import { Controller, Delete, Get, Header, HttpCode, Inject, Param, Query as QueryParams } from '@nestjs/common';
import type { Page, WorkflowDiff, WorkflowSummary, WorkflowView } from '@reprise/contracts';
import { compareDocuments, type Json, WORKFLOW_SCHEMA } from '@reprise/core';
import { numberCursor, page, readNumberCursor, type StoredVersion, WorkflowStore } from '@reprise/ledger';
import { pageByName } from '../requests/page-by-name.js';
import { badCursor, type Query, QueryReader, readPage } from '../requests/read-query.js';
import { notFound } from '../requests/run-id.js';

/** Postgres has no larger `integer`. */
const MOST_VERSIONS = 2_147_483_647;

@Controller('v1')
export class WorkflowsController {
  constructor(@Inject(WorkflowStore) private readonly workflows: WorkflowStore) {}

  /** Those that may start, by name. */
  @Get('workflows')
  async list(@QueryParams() query: Query): Promise<Page<WorkflowSummary>> {
    const request = readPage(query);
    const { items, next } = pageByName(await this.workflows.current(), request, ({ name }) => name);
    return { items: items.map(summary), next };
  }

  @Get('workflows/:name')
  async show(@Param('name') name: string, @QueryParams() query: Query): Promise<WorkflowView> {
    const reader = new QueryReader(query);
    const version = reader.text('version');
    reader.check();
    const found = await this.workflows.find(name, version ?? undefined);
    if (found === null) throw noWorkflow(version === null ? name : `${name}@${version}`);
    return { ...summary(found.version), archived: found.archived, document: found.version.document };
  }

  /** Newest first. */
  @Get('workflows/:name/versions')
  async versions(@Param('name') name: string, @QueryParams() query: Query): Promise<Page<WorkflowSummary>> {
    const { cursor, limit } = readPage(query);
    const below = cursor === null ? null : readNumberCursor(cursor);
    if (cursor !== null && (below === null || below < 1 || below > MOST_VERSIONS)) throw badCursor();
    const versions = await this.workflows.versions(name, limit + 1, below);
    if (versions.length === 0 && (await this.workflows.find(name)) === null) throw noWorkflow(name);
    return page(versions, limit, summary, ({ number }) => numberCursor(number)).page;
  }

  /** From one version (default: the one before) to another (default: the current one). */
  @Get('workflows/:name/diff')
  async diff(@Param('name') name: string, @QueryParams() query: Query): Promise<WorkflowDiff> {
    const reader = new QueryReader(query);
    const [from, to] = [reader.text('from'), reader.text('to')];
    reader.check();
    const newer = await this.version(name, to);
    const older = await this.version(name, from ?? String(Math.max(1, newer.number - 1)));
    const changes = compareDocuments(older.document, newer.document);
    return { workflow: name, from: labelOf(older), to: labelOf(newer), changes };
  }

  /** Archives it: it starts nothing more, its runs go on, registering it again brings it back. */
  @Delete('workflows/:name')
  @HttpCode(204)
  async archive(@Param('name') name: string): Promise<void> {
    if (!(await this.workflows.archive(name))) throw noWorkflow(name);
  }

  private async version(name: string, version: string | null): Promise<StoredVersion> {
    const found = await this.workflows.find(name, version ?? undefined);
    if (found === null) throw noWorkflow(version === null ? name : `${name}@${version}`);
    return found.version;
  }

  @Get('schema/workflow.json')
  @Header('content-type', 'application/schema+json')
  schema(): Json {
    return WORKFLOW_SCHEMA;
  }
}

const noWorkflow = (name: string) => notFound(`workflow ${name.slice(0, 200)}`, 'workflow_not_found');

function summary({ name, version, number, hash, document, createdAt }: StoredVersion): WorkflowSummary {
  const description =
    typeof document === 'object' && document !== null && 'description' in document ? document['description'] : null;
  return {
    workflow: name,
    version,
    versionNumber: number,
    hash,
    description: typeof description === 'string' ? description : null,
    createdAt: new Date(createdAt).toISOString(),
  };
}

const labelOf = ({ version, number }: StoredVersion): string => version ?? `#${number}`;
