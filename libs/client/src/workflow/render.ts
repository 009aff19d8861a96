import { compound, isReference, quoted, root, sourceOf } from './reference.js';

export type Render = (given: unknown) => unknown;

/** Every name begins a path; which of them mean something, the types say. */
const SCOPE: object = new Proxy(
  { secret: (name: string) => compound(`secrets.${name}`) },
  { get: (own, name) => Reflect.get(own, name) ?? (typeof name === 'string' ? root(name) : undefined) },
);

/** What was given, or what it makes of the scope. */
const read: Render = (given) => (typeof given === 'function' ? given(SCOPE) : given);

/** A value as the document has it: references become `${{ … }}`. */
export const renderValue: Render = (given) => {
  const found = read(given);
  if (isReference(found)) return `\${{ ${sourceOf(found)} }}`;
  if (Array.isArray(found)) return found.map(renderValue);
  return typeof found === 'object' && found !== null ? renderFields({})(found) : found;
};

/** A condition, or the list of a loop: the expression without `${{ }}`. */
export const renderCondition: Render = (given) => {
  const found = read(given);
  return isReference(found) ? sourceOf(found) : renderValue(found);
};

/** Where a text is an expression unless it has `${{ }}` in it, a plain one is written as the expression that gives it. */
export const renderKey: Render = (given) => {
  const found = read(given);
  return typeof found === 'string' && !found.includes('${{') ? quoted(found) : renderValue(found);
};

/** A map, field by field; those without a rule are values, those that are undefined are left out. */
export const renderFields =
  (rules: Readonly<Record<string, Render>>): Render =>
  (given) => {
    const entries = Object.entries(given as object).filter(([, each]) => each !== undefined);
    return Object.fromEntries(entries.map(([name, each]) => [name, (rules[name] ?? renderValue)(each)]));
  };
