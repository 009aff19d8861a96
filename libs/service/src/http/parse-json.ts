import { explainJson } from './explain-json.js';

export type JsonProblemCode =
  | 'invalid_json'
  | 'duplicate_key'
  | 'depth_exceeded'
  | 'forbidden_key'
  | 'invalid_text'
  | 'number_out_of_range';

export type ParsedJson =
  | { readonly kind: 'ok'; readonly value: unknown }
  | {
      readonly kind: 'bad';
      readonly code: JsonProblemCode;
      readonly message: string;
      /** JSON Pointer to the value, where there is one. */
      readonly path?: string;
      /** Where in the text; position from 0, line and column from 1. */
      readonly position?: number;
      readonly line?: number;
      readonly column?: number;
    };

/**
 * JSON that means one thing to everybody: like `JSON.parse`, but it refuses what is silently changed on the way to the
 * database or to another parser: duplicate keys, integers beyond 2^53, NUL and lone surrogates, `__proto__`, deep nesting.
 */
export function parseJson(text: string, options: { readonly maxDepth: number }): ParsedJson {
  const shape = outline(text);
  if (shape.depth > options.maxDepth)
    return {
      kind: 'bad',
      code: 'depth_exceeded',
      message: `The JSON is nested ${shape.depth} deep; ${options.maxDepth} are allowed.`,
    };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: 'bad', ...explainJson(text) };
  }
  const inspection: Inspection = { members: 0, bigNumbers: /\d{16}/.test(text), oddText: /\\u|\p{Surrogate}/u.test(text) };
  const problem = inspect(value, inspection);
  if (problem !== null) {
    const { reversedPath, ...rest } = problem;
    return {
      ...rest,
      path: reversedPath
        .reverse()
        .map((segment) => `/${segment}`)
        .join(''),
    };
  }
  return inspection.members === shape.members ? { kind: 'ok', value } : { kind: 'bad', ...explainJson(text) };
}

/** One pass without understanding: how deep it nests, and how many members (colons outside strings) it writes down. */
function outline(text: string): { depth: number; members: number } {
  let depth = 0;
  let deepest = 0;
  let members = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22:
        for (at++; at < text.length && text.charCodeAt(at) !== 0x22; at++) if (text.charCodeAt(at) === 0x5c) at++;
        break;
      case 0x7b:
      case 0x5b:
        if (++depth > deepest) deepest = depth;
        break;
      case 0x7d:
      case 0x5d:
        depth--;
        break;
      case 0x3a:
        members++;
        break;
    }
  }
  return { depth: deepest, members };
}

interface Inspection {
  /** Members that survived parsing: fewer than were written means that a key came twice. */
  members: number;
  /** Whether the text has digits enough for an integer that is not kept exactly. */
  readonly bigNumbers: boolean;
  /** Whether the text has escapes, without which there is no NUL and no half a surrogate pair. */
  readonly oddText: boolean;
}

interface Finding {
  readonly kind: 'bad';
  readonly code: JsonProblemCode;
  readonly message: string;
  /** JSON Pointer segments, innermost first: written only on the way back from a problem, so a good body pays nothing. */
  readonly reversedPath: string[];
}

function finding(code: JsonProblemCode, message: string): Finding {
  return { kind: 'bad', code, message, reversedPath: [] };
}

function inspect(value: unknown, inspection: Inspection): Finding | null {
  switch (typeof value) {
    case 'string':
      return inspection.oddText ? inspectText(value, 'text') : null;
    case 'number':
      return inspectNumber(value, inspection);
    case 'object':
      return Array.isArray(value) ? inspectList(value, inspection) : value === null ? null : inspectObject(value, inspection);
    default:
      return null;
  }
}

function inspectList(list: readonly unknown[], inspection: Inspection): Finding | null {
  for (let index = 0; index < list.length; index++) {
    const found = inspect(list[index], inspection);
    if (found !== null) return at(String(index), found);
  }
  return null;
}

function inspectObject(object: object, inspection: Inspection): Finding | null {
  for (const [key, member] of Object.entries(object)) {
    inspection.members += 1;
    const found = inspectKey(key, object, inspection) ?? inspect(member, inspection);
    if (found !== null) return at(key.replaceAll('~', '~0').replaceAll('/', '~1').replace(BAD_TEXT, '\ufffd'), found);
  }
  return null;
}

function inspectKey(key: string, object: object, { oddText }: Inspection): Finding | null {
  if (key === '__proto__' || (key === 'constructor' && hasPrototypeMember(object)))
    return finding('forbidden_key', `The key "${key}" is not allowed.`);
  return oddText ? inspectText(key, 'key') : null;
}

function hasPrototypeMember(object: object): boolean {
  const member: unknown = object.constructor;
  return typeof member === 'object' && member !== null && Object.hasOwn(member, 'prototype');
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is what it looks for
const BAD_TEXT = /\u0000|\p{Surrogate}/u;

function inspectText(text: string, what: 'text' | 'key'): Finding | null {
  return BAD_TEXT.test(text)
    ? finding('invalid_text', `This ${what} contains NUL or half a surrogate pair, which the database cannot keep.`)
    : null;
}

function inspectNumber(value: number, { bigNumbers }: Inspection): Finding | null {
  const altered =
    !Number.isFinite(value) || (bigNumbers && Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) < 1e21);
  return altered
    ? finding('number_out_of_range', 'This number cannot be kept exactly (beyond 2^53 or too large); send it as text.')
    : null;
}

function at(segment: string, found: Finding): Finding {
  found.reversedPath.push(segment);
  return found;
}
