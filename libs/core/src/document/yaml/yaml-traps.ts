import type { ErrorCode } from 'yaml';

/** The reader's message, as a sentence about the document. */
export function explainSyntax(code: ErrorCode, message: string): string {
  switch (code) {
    case 'TAB_AS_INDENT':
      return 'a tab is used to indent';
    case 'BLOCK_AS_IMPLICIT_KEY':
      return 'YAML reads ": " in an unquoted value as a map';
    case 'BAD_INDENT':
      return 'a { or [ is never closed, or a line inside it is not indented';
    case 'MISSING_CHAR':
      return /quote/.test(message) ? 'a quote is never closed' : `YAML misses something here: ${message}`;
    default:
      return `this cannot be read as YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`;
  }
}

/** What to do about a line that YAML cannot read; most often an expression that needs quotes. */
export function hintForSyntax(code: ErrorCode, line: string): string | null {
  if (code === 'TAB_AS_INDENT') return 'indent with spaces';
  if (line.includes('${{')) return QUOTE_EXPRESSION;
  const value = line.replace(/^\s*(?:- )*(?:[A-Za-z][A-Za-z0-9_]*:\s+)?/, '');
  if (/^(['"]).*\1\s*\S/.test(value)) {
    return 'YAML ends a quoted text at its quote: put the whole value in the other kind of quotes, as in \'"a" == input.b\'';
  }
  if (/^[%@`>|]/.test(value)) return `a value that starts with ${value.charAt(0)} must be quoted`;
  if (code === 'BLOCK_AS_IMPLICIT_KEY' || /^[[{].*[\]}]\s*[^\s,#]/.test(value)) return 'quote the whole value';
  return null;
}

/** Text that was meant as one expression and that YAML took apart at `: `. */
export const isBrokenExpression = (key: string): boolean => key.includes('${{') && !key.includes('}}');

export const QUOTE_EXPRESSION = 'quote the expression: "${{ … }}"';

/** Is an unquoted text followed by ` #`, which starts a comment? */
export const isCutByComment = (text: string, end: number): boolean => /^[ \t]+#/.test(text.slice(end, end + 200));

export const QUOTE_HASH = 'YAML starts a comment at " #": quote the whole value';
