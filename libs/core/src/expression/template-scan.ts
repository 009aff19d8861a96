/** A piece of a template string; offsets count from its start. `open`: a `${{` whose `}}` never comes. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'expression'; readonly source: string; readonly offset: number }
  | { readonly kind: 'open'; readonly offset: number };

const OPENING = '${{';

/** Cuts a string into text and `${{ … }}`. `$${{` is the text `${{`. */
export function scanTemplate(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let literal = '';
  let at = 0;
  for (let found = text.indexOf(OPENING); found >= 0; found = text.indexOf(OPENING, at)) {
    const start = found + OPENING.length;
    if (text[found - 1] === '$') {
      literal += text.slice(at, found - 1) + OPENING;
      at = start;
      continue;
    }
    const end = findClose(text, start);
    if (end < 0) return [{ kind: 'open', offset: found }];
    literal += text.slice(at, found);
    if (literal !== '') pieces.push({ kind: 'text', text: literal });
    pieces.push({ kind: 'expression', source: text.slice(start, end), offset: start });
    literal = '';
    at = end + 2;
  }
  literal += text.slice(at);
  if (literal !== '') pieces.push({ kind: 'text', text: literal });
  return pieces;
}

/** The `}}` outside of CEL's strings and braces, or -1. A comment ends at it too: `${{ a // note }}` is one line of YAML. */
function findClose(text: string, start: number): number {
  let depth = 0;
  let at = start;
  while (at < text.length) {
    const character = text[at];
    if (character === '"' || character === "'") {
      at = skipString(text, at, character);
      continue;
    }
    if (character === '{') depth += 1;
    else if (character === '}' && depth > 0) depth -= 1;
    else if (character === '}' && text[at + 1] === '}') return at;
    else if (character === '/' && text[at + 1] === '/') {
      at = skipComment(text, at);
      continue;
    }
    at += 1;
  }
  return -1;
}

/** After the string that begins at `start`. A backslash takes the next character along, in raw strings too: so does the parser. */
function skipString(text: string, start: number, quote: string): number {
  const triple = quote.repeat(3);
  const closing = text.startsWith(triple, start) ? triple : quote;
  let at = start + closing.length;
  while (at < text.length && !text.startsWith(closing, at)) at += text[at] === '\\' ? 2 : 1;
  return at + closing.length;
}

function skipComment(text: string, start: number): number {
  const ends = [text.indexOf('\n', start), text.indexOf('}}', start)].filter((end) => end >= 0);
  return Math.min(text.length, ...ends);
}
