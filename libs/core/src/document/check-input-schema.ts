import { checkSchema } from '../schema/check-schema.js';
import { entryOf, type Located, locate, toJson } from './values/located.js';
import type { Report } from './values/problem.js';

/** Leaves room for fields that `properties` does not name. */
const OPENING = ['$ref', 'allOf', 'anyOf', 'oneOf', 'if', 'patternProperties', 'dependentSchemas'];

/** The schema of the run's input; returns the fields it names, or null if others may be there too. */
export function checkInputSchema(value: Located, report: Report): readonly string[] | null {
  if (value.kind === 'unreadable') return null;
  for (const { path, message, hint } of checkSchema(toJson(value))) {
    const at = locate(value, path);
    if (at.kind === 'unreadable') continue;
    report.refuse({ path: at.path, offset: at.offset }, message, hint);
  }
  if (value.kind !== 'map' || OPENING.some((keyword) => entryOf(value, keyword) !== undefined)) return null;
  const properties = entryOf(value, 'properties')?.value;
  return properties?.kind === 'map' ? properties.entries.map((entry) => entry.key) : null;
}
