import type { VersionId } from '@reprise/core';
import { type Json, versionId } from '@reprise/core';
import { LessThan } from 'typeorm';
import type { Database } from '../connection/database.js';
import type { Session } from '../connection/session.js';
import { type Statement, statement } from '../connection/statement.js';
import { WorkflowEntity, WorkflowNameEntity } from '../entities/index.js';
import { documentHash } from './document-hash.js';
import type { Interest } from './interest.js';
import { storeProbes } from './store-probes.js';
import { dropFollows, syncFollows } from './sync-follows.js';
import { dropSchedules, syncSchedules } from './sync-schedules.js';

export interface StoredVersion {
  readonly id: VersionId;
  readonly name: string;
  readonly number: number;
  readonly version: string | null;
  readonly hash: string;
  readonly document: Json;
  readonly createdAt: number;
}

export type Registration =
  | { readonly kind: 'created' | 'same'; readonly version: StoredVersion }
  /** The same semver with other content. */
  | { readonly kind: 'conflict'; readonly existing: StoredVersion };

/** Workflow versions: immutable, numbered within their name; `current` moves. */
export class WorkflowStore {
  constructor(private readonly database: Database) {}

  /** Registers a checked document, and makes it the current version of its name. `id` is used when it is new. From then on events are kept for its `interests`. */
  async register(
    id: VersionId,
    name: string,
    version: string | null,
    document: Json,
    interests: readonly Interest[] = [],
  ): Promise<Registration> {
    const hash = documentHash(document);
    return this.database.source.transaction(async (manager) => {
      await manager.query('select pg_advisory_xact_lock(hashtext($1))', [`reprise.workflow.${name}`]);
      const versions = manager.getRepository(WorkflowEntity);
      const same = await versions.findOneBy({ name, hash });
      const rival = same === null && version !== null ? await versions.findOneBy({ name, version }) : null;
      if (rival !== null) return { kind: 'conflict', existing: stored(rival) };
      const entity =
        same ?? (await versions.save(newVersion(id, name, (await versions.countBy({ name })) + 1, version, hash, document)));
      for (const interest of interests)
        await manager.query(statement('insert-interest').text, [interest.id, interest.pattern, interest.match]);
      const current = { name, current: entity.id, archivedAt: null };
      await manager.getRepository(WorkflowNameEntity).upsert(current, ['name']);
      const run = ({ text }: Statement, values: readonly unknown[]) => manager.query(text, [...values]);
      await storeProbes(run, document);
      await syncSchedules(run, name, versionId(entity.id), document);
      await syncFollows(run, name, document);
      return { kind: same === null ? 'created' : 'same', version: stored(entity) };
    });
  }

  async byId(id: VersionId): Promise<StoredVersion | null> {
    const entity = await this.database.source.getRepository(WorkflowEntity).findOneBy({ id });
    return entity === null ? null : stored(entity);
  }

  /** The current version of a name (archived or not), or the one with that semver or number. */
  async find(name: string, version?: string): Promise<{ readonly version: StoredVersion; readonly archived: boolean } | null> {
    const pointer = await this.database.source.getRepository(WorkflowNameEntity).findOneBy({ name });
    if (pointer === null) return null;
    const versions = this.database.source.getRepository(WorkflowEntity);
    const entity =
      version === undefined
        ? await versions.findOneBy({ id: pointer.current })
        : ((await versions.findOneBy({ name, version })) ??
          (/^\d{1,9}$/.test(version) ? await versions.findOneBy({ name, number: Number(version) }) : null));
    return entity === null ? null : { version: stored(entity), archived: pointer.archivedAt !== null };
  }

  /** Newest first, `limit` of those before number `below`; null: from the newest. */
  async versions(name: string, limit: number, below: number | null = null): Promise<readonly StoredVersion[]> {
    const where = below === null ? { name } : { name, number: LessThan(below) };
    const entities = await this.database.source
      .getRepository(WorkflowEntity)
      .find({ where, order: { number: 'DESC' }, take: limit });
    return entities.map(stored);
  }

  /** Archived workflows start nothing; running runs go on. False: no such workflow. */
  async archive(name: string): Promise<boolean> {
    return this.database.source.transaction(async (manager) => {
      const result = await manager.getRepository(WorkflowNameEntity).update({ name }, { archivedAt: () => 'now()' });
      const run = ({ text }: Statement, values: readonly unknown[]) => manager.query(text, [...values]);
      await dropSchedules(run, name);
      await dropFollows(run, name);
      return (result.affected ?? 0) > 0;
    });
  }

  /** Current version of every workflow that may start. */
  async current(session: Session = this.database): Promise<readonly StoredVersion[]> {
    type VersionRow = {
      id: VersionId;
      name: string;
      number: number;
      version: string | null;
      hash: string;
      document: string;
      created_at: number;
    };
    const rows = await session.run<VersionRow>(statement('current-workflows'), []);
    return rows.map((row) => ({
      id: row.id,
      name: row.name,
      number: row.number,
      version: row.version,
      hash: row.hash,
      document: JSON.parse(row.document) as Json,
      createdAt: row.created_at,
    }));
  }

  /** Everything that any version of any workflow waits for: old versions have runs too. */
  async interests(session: Session = this.database): Promise<readonly Interest[]> {
    return session.run<Interest & Record<string, unknown>>(statement('load-interests'), []);
  }

  /** A text that changes whenever a workflow is registered or archived: cheap to ask before every batch. */
  async revision(session: Session = this.database): Promise<string> {
    const rows = await session.run(statement('workflow-revision'), []);
    return JSON.stringify(rows[0] ?? {});
  }
}

function newVersion(
  id: VersionId,
  name: string,
  number: number,
  version: string | null,
  hash: string,
  document: Json,
): WorkflowEntity {
  const entity = new WorkflowEntity();
  return Object.assign(entity, { id, name, number, version, hash, document });
}

function stored(entity: WorkflowEntity): StoredVersion {
  const document: unknown = typeof entity.document === 'string' ? JSON.parse(entity.document) : entity.document;
  const { name, number, version, hash } = entity;
  return {
    id: versionId(entity.id),
    name,
    number,
    version,
    hash,
    document: document as Json,
    createdAt: entity.createdAt.getTime(),
  };
}
