import { type Token, tokensOf } from './template-tokens.js';

/* The part of Go's template language that our chart uses, as its documentation (text/template) describes it. */

export type Operand =
  | { readonly kind: 'literal'; readonly value: unknown }
  /** `.a.b`, `$.a`, `$name.a` */
  | { readonly kind: 'field'; readonly variable: string | null; readonly path: readonly string[] }
  | { readonly kind: 'function'; readonly name: string }
  | { readonly kind: 'pipe'; readonly pipe: Pipe };
export interface Pipe {
  readonly declares: readonly string[];
  readonly assigns: boolean;
  readonly commands: readonly (readonly Operand[])[];
}
export type TemplateNode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'print'; readonly pipe: Pipe }
  | { readonly kind: 'if' | 'with' | 'range'; readonly pipe: Pipe; readonly body: TemplateNode[]; otherwise: TemplateNode[] }
  | { readonly kind: 'define'; readonly name: string; readonly body: TemplateNode[] };

type Block = Exclude<TemplateNode, { kind: 'text' | 'print' }>;

/** @throws Error on what the language has and this does not, and on what it has not. */
export function parseTemplate(text: string): readonly TemplateNode[] {
  const root: TemplateNode[] = [];
  const open: { block: Block; into: TemplateNode[]; chained: boolean }[] = [];
  const into = (): TemplateNode[] => open.at(-1)?.into ?? root;
  const begin = (block: Block, chained = false): void => {
    into().push(block);
    open.push({ block, into: block.body, chained });
  };
  for (const piece of piecesOf(text)) {
    if (piece.kind === 'text') {
      if (piece.text !== '') into().push(piece);
      continue;
    }
    const [word, ...rest] = piece.tokens;
    const keyword = word?.kind === 'word' ? word.text : '';
    if (keyword === 'if' || keyword === 'with' || keyword === 'range') {
      begin({ kind: keyword, pipe: parsePipe(rest), body: [], otherwise: [] });
    } else if (keyword === 'define') begin({ kind: 'define', name: String(rest[0]?.value), body: [] });
    else if (keyword === 'else') {
      const top = open.at(-1);
      if (top === undefined || top.block.kind === 'define') throw new Error('else without if');
      top.into = top.block.otherwise;
      if (rest.length > 0) begin({ kind: 'if', pipe: parsePipe(rest.slice(1)), body: [], otherwise: [] }, true);
    } else if (keyword === 'end') {
      if (open.length === 0) throw new Error('end without a beginning');
      while (open.pop()?.chained);
    } else if (['template', 'block', 'break', 'continue'].includes(keyword)) throw new Error(`not read here: ${keyword}`);
    else if (piece.tokens.length > 0) into().push({ kind: 'print', pipe: parsePipe(piece.tokens) });
  }
  if (open.length > 0) throw new Error(`${open.at(-1)?.block.kind} has no end`);
  return root;
}

type Piece = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'action'; readonly tokens: readonly Token[] };

function piecesOf(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  const action = /\{\{(- )?\s*(\/\*[\s\S]*?\*\/|(?:"(?:\\.|[^"\\])*"|`[^`]*`|[^"`}]|\}(?!\}))*?)\s*( -)?\}\}/g;
  let at = 0;
  let trimNext = false;
  const plain = (part: string, trimEnd: boolean): void => {
    const left = trimNext ? part.trimStart() : part;
    pieces.push({ kind: 'text', text: trimEnd ? left.trimEnd() : left });
  };
  for (const match of text.matchAll(/\{\{-(?=[^\s])/g)) throw new Error(`no blank after {{- at ${match.index}`);
  for (const match of text.matchAll(action)) {
    plain(text.slice(at, match.index), match[1] !== undefined);
    const inner = match[2] ?? '';
    pieces.push({ kind: 'action', tokens: inner.startsWith('/*') ? [] : tokensOf(inner) });
    at = match.index + match[0].length;
    trimNext = match[3] !== undefined;
  }
  plain(text.slice(at), false);
  if (pieces.some((piece) => piece.kind === 'text' && piece.text.includes('{{')))
    throw new Error('an action that cannot be read');
  return pieces;
}

function parsePipe(tokens: readonly Token[]): Pipe {
  const sign = tokens.findIndex(({ kind }) => kind === 'declare' || kind === 'assign');
  const declares = tokens.slice(0, Math.max(sign, 0)).flatMap(({ kind, text }) => (kind === 'field' ? [text] : []));
  const [commands, rest] = parseCommands(tokens.slice(sign + 1));
  if (rest.length > 0) throw new Error(`unexpected ${rest[0]?.text}`);
  return { declares, assigns: tokens[sign]?.kind === 'assign', commands };
}

/** Up to the parenthesis that closes it, or the end. */
function parseCommands(tokens: readonly Token[]): readonly [Operand[][], readonly Token[]] {
  const commands: Operand[][] = [[]];
  let rest = tokens;
  for (let token = rest[0]; token !== undefined; token = rest[0]) {
    rest = rest.slice(1);
    if (token.kind === 'close') return [commands, [token, ...rest]];
    if (token.kind === 'bar') commands.push([]);
    else if (token.kind === 'open') {
      const [inner, after] = parseCommands(rest);
      if (after[0]?.kind !== 'close') throw new Error('a parenthesis is not closed');
      rest = after.slice(1);
      commands.at(-1)?.push({ kind: 'pipe', pipe: { declares: [], assigns: false, commands: inner } });
    } else commands.at(-1)?.push(operandOf(token));
  }
  return [commands, rest];
}

function operandOf(token: Token): Operand {
  if (token.kind === 'literal') return { kind: 'literal', value: token.value };
  if (token.kind === 'word') return { kind: 'function', name: token.text };
  if (token.kind !== 'field') throw new Error(`unexpected ${token.text}`);
  const [head = '', ...path] = token.text.split('.');
  return { kind: 'field', variable: head === '' ? null : head, path: path.filter((part) => part !== '') };
}
