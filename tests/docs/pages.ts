import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

export interface Page {
  /** Path from the repository's root. */
  readonly path: string;
  readonly text: string;
}

/** A fenced block. `language` and `marks` are the words after the opening fence. */
export interface Block {
  readonly page: string;
  /** Of its first line of content, from 1. */
  readonly line: number;
  readonly language: string;
  readonly marks: readonly string[];
  readonly text: string;
}

function markdownUnder(folder: string): readonly string[] {
  const entries = readdirSync(`${ROOT}/${folder}`, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md') && !entry.parentPath.includes('node_modules'))
    .map((entry) => `${entry.parentPath.slice(ROOT.length + 1)}/${entry.name}`)
    .sort();
}

/** Everything written for people: the pages at the root, `docs/`, and the examples' own. */
export function pages(): readonly Page[] {
  const paths = [
    ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
    ...markdownUnder('docs'),
    ...markdownUnder('examples'),
    ...markdownUnder('deploy'),
  ];
  return paths.map((path) => ({ path, text: readFileSync(`${ROOT}/${path}`, 'utf8') }));
}

export function blocksOf({ path, text }: Page): readonly Block[] {
  const blocks: Block[] = [];
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const open = /^( *)```(\S*)\s*(.*)$/.exec(lines[at] ?? '');
    if (open === null) continue;
    const [, indent = '', language = '', marks = ''] = open;
    const end = lines.findIndex((line, index) => index > at && line.startsWith(`${indent}\`\`\``));
    if (end < 0) throw new Error(`${path}:${at + 1}: a block is never closed`);
    const content = lines.slice(at + 1, end).map((line) => line.slice(indent.length));
    blocks.push({
      page: path,
      line: at + 2,
      language,
      marks: marks.split(/\s+/).filter((mark) => mark !== ''),
      text: `${content.join('\n')}\n`,
    });
    at = end;
  }
  return blocks;
}

/** The page's text without its fenced blocks, line numbers kept. */
export function proseOf({ text }: Page): string {
  let inside = false;
  return text
    .split('\n')
    .map((line) => {
      const fence = /^ *```/.test(line);
      if (fence) inside = !inside;
      return fence || inside ? '' : line;
    })
    .join('\n');
}

export const placeOf = (block: Block): string => `${block.page}:${block.line}`;
