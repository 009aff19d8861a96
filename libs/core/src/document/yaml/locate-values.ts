import { isAlias, isMap, isScalar, type ParsedNode, type Scalar, type YAMLMap, type YAMLSeq } from 'yaml';
import type { DocumentLimits } from '../values/limits.js';
import { type Located, type LocatedEntry, pathOfKey } from '../values/located.js';
import type { Report, Where } from '../values/problem.js';
import { isBrokenExpression, QUOTE_EXPRESSION } from './yaml-traps.js';

/** The YAML reader's tree as plain located values; what JSON does not have is reported. */
export function locateValues(root: ParsedNode, limits: DocumentLimits, report: Report): Located {
  return new Locator(limits, report).locate(root, { path: '', offset: root.range[0] }, 1);
}

/** The reader's nodes, with the ranges it always gives to what it has read itself. */
type Node = ParsedNode | null;

/** Characters before a value that its tag is looked for in; all of a large document, for every tag in it, would take minutes. */
const TAG_WITHIN = 1_000;
/** Between a tag and its value there may be an anchor and comments. */
const TAG_BEFORE = /!\S*(?=(?:\s+(?:&\S+|#[^\n]*(?=\n)))*\s*$)/;

class Locator {
  private readonly anchors = new Map<string, Node>();
  /** Anchored nodes that are being read: an alias to one of them would never end. */
  private readonly open = new Set<Node>();
  private aliases = 0;
  /** Values read under an alias, and how many aliases we are under. */
  private aliased = 0;
  private underAlias = 0;

  constructor(
    private readonly limits: DocumentLimits,
    private readonly report: Report,
  ) {}

  locate(node: Node, at: Where, depth: number): Located {
    if (node === null) return { kind: 'scalar', ...at, value: null, style: 'plain', end: at.offset };
    if (isAlias(node)) return this.locateAlias(node.source, at, depth);
    if (node.tag !== undefined) return this.refuseTag(node.range[0], at);
    if (this.underAlias > 0) this.aliased += 1;
    if (this.aliased > this.limits.maxAliasedValues) return { kind: 'unreadable', ...at };
    if (depth > this.limits.maxDepth && !isScalar(node)) {
      return this.unreadable(at, `the document is nested more than ${this.limits.maxDepth} levels deep`, null);
    }
    if (node.anchor !== undefined) this.anchors.set(node.anchor, node);
    if (isScalar(node)) return this.locateScalar(node, at);
    this.open.add(node);
    const located = isMap(node) ? this.locateMap(node, at, depth) : this.locateList(node, at, depth);
    this.open.delete(node);
    return located;
  }

  private locateMap(node: YAMLMap.Parsed<ParsedNode, ParsedNode | null>, at: Where, depth: number): Located {
    const entries = new Map<string, LocatedEntry>();
    for (const pair of node.items) {
      const key = this.readKey(pair.key, at.path);
      if (key === null) continue;
      const path = pathOfKey(at.path, key.key);
      const keyAt = { path, offset: key.offset };
      const value = this.locate(pair.value, { path, offset: pair.value?.range[0] ?? key.offset }, depth + 1);
      if (entries.has(key.key)) this.report.refuse(keyAt, `\`${key.key}\` is there twice`, 'keep one of them');
      else entries.set(key.key, { key: key.key, keyAt, value });
    }
    return { kind: 'map', ...at, entries: [...entries.values()] };
  }

  private locateList(node: YAMLSeq.Parsed<ParsedNode>, at: Where, depth: number): Located {
    const items = node.items.map((item, index) =>
      this.locate(item, { path: `${at.path}[${index}]`, offset: item.range[0] }, depth + 1),
    );
    return { kind: 'list', ...at, items };
  }

  private readKey(node: ParsedNode, path: string): { readonly key: string; readonly offset: number } | null {
    const where = { path, offset: node.range[0] };
    if (!isScalar(node) || node.tag !== undefined) {
      this.report.refuse(where, 'a key must be a plain text', 'quote it if it starts with one of & * ! { [');
      return null;
    }
    const key = typeof node.value === 'string' ? node.value : node.source;
    if (isBrokenExpression(key)) {
      this.report.refuse(where, 'YAML takes this expression apart at ": "', QUOTE_EXPRESSION);
      return null;
    }
    if (key === '<<') {
      this.report.refuse(
        where,
        'merge keys (`<<`) are not allowed',
        'write the fields out; `defaults` shares retry, timeout, queue and priority',
      );
      return null;
    }
    if (key === '__proto__') {
      this.report.refuse(where, '`__proto__` is not allowed as a key');
      return null;
    }
    this.checkText(key, where);
    return { key, offset: where.offset };
  }

  private locateScalar(node: Scalar.Parsed, at: Where): Located {
    const { value } = node;
    if (typeof value === 'number' && !Number.isFinite(value)) {
      return this.unreadable(at, `\`${node.source}\` is not a number that JSON has`, 'quote it if it is meant as text');
    }
    if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
      return this.unreadable(
        at,
        `\`${node.source}\` is too large a number: its last digits would be lost`,
        'quote it and pass it as text',
      );
    }
    if (typeof value === 'string') this.checkText(value, at);
    const style = node.type === 'PLAIN' ? 'plain' : node.type?.startsWith('BLOCK') ? 'block' : 'quoted';
    // The core schema knows null, booleans, numbers and strings only.
    const plain = (Object.is(value, -0) ? 0 : value) as null | boolean | number | string;
    return { kind: 'scalar', ...at, value: plain, style, end: node.range[1] };
  }

  private locateAlias(name: string, at: Where, depth: number): Located {
    this.aliases += 1;
    const target = this.anchors.get(name);
    if (target === undefined)
      return this.unreadable(
        at,
        `\`*${name}\` is read as a YAML alias, and no anchor has that name`,
        'quote the value if it starts with "*"',
      );
    if (this.open.has(target)) return this.unreadable(at, `\`*${name}\` contains itself`, 'write the value out');
    if (this.aliases === this.limits.maxAliases + 1)
      this.report.refuse(at, `more than ${this.limits.maxAliases} YAML aliases are used`, 'write the values out');
    if (this.aliases > this.limits.maxAliases || this.aliased > this.limits.maxAliasedValues)
      return { kind: 'unreadable', ...at };
    this.underAlias += 1;
    const located = this.locate(target, at, depth);
    this.underAlias -= 1;
    if (this.aliased > this.limits.maxAliasedValues && this.underAlias === 0) {
      return this.unreadable(
        at,
        `YAML aliases stand for more than ${this.limits.maxAliasedValues} values`,
        'write the values out',
      );
    }
    return located;
  }

  private checkText(text: string, at: Where): void {
    if (text.includes('\0'))
      this.report.refuse(at, 'the text holds the character NUL (\\0)', 'remove it: Postgres cannot keep it');
    else if (/\p{Surrogate}/u.test(text))
      this.report.refuse(at, 'the text holds half a character (a lone surrogate)', 'remove it');
  }

  private refuseTag(start: number, at: Where): Located {
    const hint = 'quote the value if it starts with "!"; tags are not allowed';
    const from = Math.max(0, start - TAG_WITHIN);
    const tag = TAG_BEFORE.exec(this.report.text.slice(from, start));
    if (tag === null) return this.unreadable(at, 'a YAML tag stands before this value', hint);
    return this.unreadable({ path: at.path, offset: from + tag.index }, `\`${tag[0]}\` is read as a YAML tag`, hint);
  }

  private unreadable(at: Where, message: string, hint: string | null): Located {
    this.report.refuse(at, message, hint);
    return { kind: 'unreadable', ...at };
  }
}
