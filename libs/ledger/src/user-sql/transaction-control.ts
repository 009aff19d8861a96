const CONTROL = new Set(['begin', 'start', 'commit', 'end', 'abort', 'rollback']);

/** The word by which this statement would begin or end a transaction, or null. Savepoints are the statement's own affair. */
export function transactionControl(text: string): string | null {
  const words =
    withoutLeadingComments(text)
      .toLowerCase()
      .match(/^[a-z]+(\s+[a-z]+){0,2}/)?.[0]
      .split(/\s+/) ?? [];
  const [first = '', second = '', third = ''] = words;
  if (first === 'prepare' && second === 'transaction') return 'prepare transaction';
  if (first === 'rollback' && (second === 'to' || (/^(work|transaction)$/.test(second) && third === 'to'))) return null;
  return CONTROL.has(first) ? first : null;
}

/** Blanks, `;` and comments (Postgres nests the long ones) before the first word. */
function withoutLeadingComments(text: string): string {
  let at = 0;
  let depth = 0;
  while (at < text.length) {
    const two = text.slice(at, at + 2);
    if (two === '/*') {
      depth += 1;
      at += 2;
    } else if (depth > 0) {
      depth -= two === '*/' ? 1 : 0;
      at += two === '*/' ? 2 : 1;
    } else if (two === '--') {
      const end = text.slice(at).search(/[\r\n]/);
      at = end === -1 ? text.length : at + end;
    } else if (/[\s;]/.test(text.charAt(at))) at += 1;
    else break;
  }
  return text.slice(at);
}
