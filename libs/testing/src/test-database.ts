import { randomBytes } from 'node:crypto';
import { Database, migrate } from '@reprise/ledger';
import { templateDatabase, urlOf } from './template-database.js';
import { dropDatabase, OWN_PREFIX, onServer, sweepDatabases } from './test-server.js';

/** A migrated database of one's own on the real server. `end` removes it. */
export class TestDatabase implements AsyncDisposable {
  private constructor(
    readonly name: string,
    readonly url: string,
    /** Connected, as the engine uses it. */
    readonly database: Database,
    private readonly drop: () => Promise<void>,
  ) {}

  static async create(poolSize = 4): Promise<TestDatabase> {
    const name = await createDatabase();
    const url = urlOf(name);
    const database = new Database({ url, applicationName: name, poolSize });
    await database.connect();
    await database.source.query('select reprise.ensure_sql_login()');
    return new TestDatabase(name, url, database, () => onServer((server) => dropDatabase(server, name)));
  }

  /** The empty database behind `url`, on a server of the test's own: it is migrated, and goes when its server does. */
  static async on(url: string): Promise<TestDatabase> {
    const name = new URL(url).pathname.slice(1);
    const database = new Database({ url, applicationName: `${OWN_PREFIX}own`, poolSize: 4 });
    await database.connect();
    await migrate(database);
    return new TestDatabase(name, url, database, async () => undefined);
  }

  /** Any SQL, for what the stores do not do. */
  async query<Row = Record<string, unknown>>(text: string, values: unknown[] = []): Promise<Row[]> {
    return this.database.source.query(text, values);
  }

  async end(): Promise<void> {
    await this.database.close();
    await this.drop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }
}

/** For those who count on nothing being there: a database without a schema. */
export class EmptyDatabase {
  private constructor(
    readonly name: string,
    readonly url: string,
  ) {}

  static async create(): Promise<EmptyDatabase> {
    const name = ownName();
    await onServer((server) => server.query(`create database ${name}`));
    return new EmptyDatabase(name, urlOf(name));
  }

  async end(): Promise<void> {
    await onServer((server) => dropDatabase(server, this.name));
  }
}

const ownName = (): string => OWN_PREFIX + randomBytes(4).toString('hex');

const UNKNOWN_DATABASE = '3D000';

async function createDatabase(): Promise<string> {
  const name = ownName();
  await onServer(async (server) => {
    await sweepDatabases(server);
    for (let round = 1; ; round += 1) {
      try {
        await server.query(`create database ${name} template ${await templateDatabase(server)}`);
        return;
      } catch (error) {
        // Somebody with another checkout has dropped the template in between.
        const isGone = error instanceof Error && 'code' in error && error.code === UNKNOWN_DATABASE;
        if (!isGone || round === 5) throw error;
      }
    }
  });
  return name;
}
