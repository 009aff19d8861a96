import { readFileSync } from 'node:fs';

/** A named statement: one file in `sql/`, prepared under its own name on every connection that runs it. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

const read = new Map<string, Statement>();

/** `sql/NAME.sql`, read once. */
export function statement(name: string): Statement {
  const known = read.get(name);
  if (known !== undefined) return known;
  const text = readFileSync(new URL(`../../sql/${name}.sql`, import.meta.url), 'utf8');
  const loaded = { name, text };
  read.set(name, loaded);
  return loaded;
}
