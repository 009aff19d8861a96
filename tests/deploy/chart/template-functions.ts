import { createHash } from 'node:crypto';
import { parse, stringify } from 'yaml';
import { type Functions, isTrue, printed } from './run-template.js';

type Tree = Record<string, unknown>;
const text = (value: unknown): string => {
  if (typeof value !== 'string') throw new Error(`a string is wanted, not ${JSON.stringify(value)}`);
  return value;
};
const list = (value: unknown): readonly unknown[] => {
  if (!Array.isArray(value)) throw new Error(`a list is wanted, not ${JSON.stringify(value)}`);
  return value;
};
const indent = (by: unknown, value: unknown): string =>
  text(value)
    .split('\n')
    .map((line) => ' '.repeat(Number(by)) + line)
    .join('\n');

function overwrite(into: Tree, from: Tree): Tree {
  for (const [key, value] of Object.entries(from)) {
    const here = into[key];
    into[key] = isTree(here) && isTree(value) ? overwrite(here, value) : value;
  }
  return into;
}
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The functions of Go, Sprig and Helm that the chart uses; an integer is what `int` has made one, so it prints without an exponent. */
export const FUNCTIONS: Functions = {
  eq: (a, b) => a === b,
  not: (value) => !isTrue(value),
  and: (...values) => values.find((value) => !isTrue(value)) ?? values.at(-1),
  or: (...values) => values.find(isTrue) ?? values.at(-1),
  printf: (format, ...values) => {
    const left = [...values];
    return text(format).replace(/%([sdq])/g, (_, verb) => {
      const value = left.shift();
      return verb === 'q' ? JSON.stringify(text(value)) : String(value);
    });
  },
  default: (fallback, value) => (isTrue(value) ? value : fallback),
  required: (complaint, value) => {
    if (value === null || value === undefined || value === '') throw new Error(text(complaint));
    return value;
  },
  fail: (complaint) => {
    throw new Error(text(complaint));
  },
  quote: (value) => (value === null || value === undefined ? '' : JSON.stringify(printed(value))),
  toString: (value?: unknown) => printed(value),
  int: (value) => Math.trunc(Number(value ?? 0)),
  add: (...values) => values.reduce((sum: number, value) => sum + Number(value), 0),
  max: (...values) => Math.max(...values.map(Number)),
  trunc: (length, value) => text(value).slice(0, Number(length)),
  trimSuffix: (suffix, value) => (text(value).endsWith(text(suffix)) ? text(value).slice(0, -text(suffix).length) : value),
  contains: (part, value) => text(value).includes(text(part)),
  replace: (from, to, value) => text(value).replaceAll(text(from), text(to)),
  join: (separator, values) => list(values).map(printed).join(text(separator)),
  sha256sum: (value) => createHash('sha256').update(text(value)).digest('hex'),
  nindent: (by, value) => `\n${indent(by, value)}`,
  list: (...values) => values,
  append: (values, value) => [...list(values), value],
  dict: (...values) => Object.fromEntries(values.flatMap((key, at) => (at % 2 === 0 ? [[text(key), values[at + 1]]] : []))),
  get: (tree, key) => (tree as Tree)[text(key)] ?? '',
  deepCopy: (value) => structuredClone(value),
  mergeOverwrite: (into, from) => overwrite(into as Tree, structuredClone(from) as Tree),
  toYaml: (value) => stringify(value, { sortMapEntries: true, lineWidth: 0, indentSeq: false }).trimEnd(),
  fromYaml: (value) => parse(text(value)) as unknown,
};
