import { readdirSync, readFileSync } from 'node:fs';

export interface ExpectedIndex {
  readonly name: string;
  readonly table: string;
  /** Makes it again. */
  readonly statement: string;
}

const FOLDER = new URL('../../migrations/', import.meta.url);
const CREATED =
  /create\s+(?:unique\s+)?index\s+(?:concurrently\s+)?(?:if\s+not\s+exists\s+)?(\w+)\s+on\s+(?:only\s+)?reprise\.(\w+)[^;]*/gi;
const DROPPED = /drop\s+index\s+(?:concurrently\s+)?(?:if\s+exists\s+)?(?:reprise\.)?(\w+)/gi;
const RENAMED = /alter\s+index\s+(?:if\s+exists\s+)?(?:reprise\.)?(\w+)\s+rename\s+to\s+(\w+)/gi;

/** The indexes that migrations make by name, read from what they say: a list beside them would be forgotten. Keys of tables are not among them. */
export function expectedIndexes(): readonly ExpectedIndex[] {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.sql'));
  return indexesOf(files.sort().map((name) => readFileSync(new URL(name, FOLDER), 'utf8')));
}

/** What is left after these migrations, in their order. */
export function indexesOf(migrations: readonly string[]): readonly ExpectedIndex[] {
  const left = new Map<string, ExpectedIndex>();
  for (const text of migrations) {
    const statements = text.replace(/--.*$/gm, '');
    for (const [, name = ''] of statements.matchAll(DROPPED)) left.delete(name);
    for (const [statement, name = '', table = ''] of statements.matchAll(CREATED)) {
      left.set(name, { name, table, statement: statement.replace(/\s+/g, ' ').replace(' on only ', ' on ').trim() });
    }
    for (const [, from = '', to = ''] of statements.matchAll(RENAMED)) {
      const known = left.get(from);
      left.delete(from);
      if (known !== undefined) left.set(to, { ...known, name: to, statement: known.statement.replace(from, to) });
    }
  }
  return [...left.values()];
}
