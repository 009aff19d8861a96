import { checkInput, type Json } from '@reprise/core';

// biome-ignore lint/suspicious/noExplicitAny: documents that were fetched; what is not there fails the test.
export type Document = any;

/** What one request was answered with. */
export interface Exchange {
  readonly method: string;
  /** As documented: `/v1/runs/{id}`. */
  readonly path: string;
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

/**
 * The component of this document as a schema of its own. Objects are closed here though readers must let new fields pass: a field that
 * is answered and not documented is what the tests look for.
 */
export function closedSchema(document: Document, schema: Json): Json {
  const whole = { ...(schema as object), $defs: document.components.schemas };
  return close(JSON.parse(JSON.stringify(whole).replaceAll('#/components/schemas/', '#/$defs/')), true) as Json;
}

function close(value: unknown, isSchema: boolean): unknown {
  if (Array.isArray(value)) return value.map((each) => close(each, isSchema));
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).map(([name, each]) => {
    const holdsSchemas = isSchema && (name === 'properties' || name === '$defs');
    return [name, close(each, !holdsSchemas)] as const;
  });
  const closed: Record<string, unknown> = Object.fromEntries(fields);
  if (isSchema && 'properties' in closed && !('additionalProperties' in closed)) closed['additionalProperties'] = false;
  return closed;
}

/** What of this answer the document does not say; empty: all is as documented. */
export function undocumented(document: Document, { method, path, status, contentType, text }: Exchange): readonly string[] {
  const where = `${method} ${path} → ${status}`;
  const operation = document.paths[path]?.[method.toLowerCase()];
  if (operation === undefined) return [`${where}: no such operation`];
  const found = operation.responses[status];
  if (found === undefined) return [`${where}: no such status: ${text.slice(0, 300)}`];
  const response = found.$ref === undefined ? found : document.components.responses.Problem;
  if (response.content === undefined) return text === '' ? [] : [`${where}: a body that is not documented`];
  const [mediaType = '', media] = Object.entries<Document>(response.content)[0] ?? [];
  if (contentType.split(';', 1)[0] !== mediaType) return [`${where}: ${contentType} instead of ${mediaType}`];
  if (!mediaType.endsWith('json')) return [];
  return checkInput(closedSchema(document, media.schema), JSON.parse(text)).map(
    (each) => `${where}: ${each.path} ${each.message}`,
  );
}

/** `:id` and `{id}` are the same to programs, a colon within a segment is one; a wildcard stands for the rest of a path. */
export function matchesPath(registered: string, documented: string): boolean {
  if (registered === documented) return true;
  const pattern = registered
    .replaceAll('\\:', ':')
    .replace(/[.+?^$()[\]|]/g, '\\$&')
    .replace(/\/:\w+/g, '/\\{\\w+\\}')
    .replace(/\*\w+/g, '.+');
  return new RegExp(`^${pattern}$`).test(documented);
}
