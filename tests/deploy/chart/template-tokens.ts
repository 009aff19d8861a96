/** A word of an action of Go's template language. */
export interface Token {
  readonly kind: 'literal' | 'field' | 'word' | 'open' | 'close' | 'bar' | 'declare' | 'assign';
  readonly text: string;
  readonly value?: unknown;
}

const KINDS: readonly (readonly [RegExp, Token['kind']])[] = [
  [/^"(?:\\.|[^"\\])*"/, 'literal'],
  [/^`[^`]*`/, 'literal'],
  [/^-?\d+(?:\.\d+)?/, 'literal'],
  [/^(?:true|false|nil)\b/, 'literal'],
  [/^:=/, 'declare'],
  [/^=/, 'assign'],
  [/^\|/, 'bar'],
  [/^\(/, 'open'],
  // A field of what stands in parentheses, `(x).y`, is not read here.
  [/^\)(?!\.)/, 'close'],
  [/^\$?\w*(?:\.\w+)+|^\$\w*|^\./, 'field'],
  [/^\w+/, 'word'],
];

export function tokensOf(action: string): readonly Token[] {
  const tokens: Token[] = [];
  for (let rest = action.trim(); rest !== ''; rest = rest.replace(/^[\s,]+/, '')) {
    const found = KINDS.map(([expression, kind]) => ({ kind, text: expression.exec(rest)?.[0] })).find(({ text }) => text);
    if (found?.text === undefined) throw new Error(`cannot be read: ${rest}`);
    const { kind, text } = found;
    tokens.push(kind === 'literal' ? { kind, text, value: meantBy(text) } : { kind, text });
    rest = rest.slice(text.length);
    if (rest === '') break;
  }
  return tokens;
}

const meantBy = (text: string): unknown => {
  if (text.startsWith('`')) return text.slice(1, -1);
  return text === 'nil' ? null : (JSON.parse(text) as unknown);
};
