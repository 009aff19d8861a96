const SHOWN = 120;

/** An expression that cannot be read, or that failed on its data. `offset` counts UTF-16 units from the start of `source`. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
  readonly code = 'EXPRESSION';

  constructor(
    message: string,
    readonly source: string,
    readonly offset: number | null,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** What a function or an operator throws; the node that called it adds which sub-expression it was. */
export class Refusal extends Error {}

/** Steps or output ran out. No ExpressionError on its way up: `||`, `&&`, `all` and `exists` absorb those, which would lift the limit. */
export class BudgetExceeded extends Error {}

/** The error, if it is of that kind; bugs, and a spent budget, pass. */
export function only<Kind>(kind: abstract new (...args: never[]) => Kind, error: unknown): Kind {
  if (error instanceof kind) return error;
  throw error;
}

/** The text between two offsets on one line, with the parentheses that the syntax tree leaves out of its ranges. */
export function quoteSource(source: string, start: number, end: number): string {
  let from = start;
  let open = 0;
  for (const character of source.slice(start, end)) {
    if (character === '(') open += 1;
    else if (character === ')' && open > 0) open -= 1;
    else if (character === ')') from = Math.max(0, source.lastIndexOf('(', from - 1));
  }
  const text = source.slice(from, end).replace(/\s+/g, ' ').trim();
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}

/** A Refusal becomes the ExpressionError of the node it happened in; anything else passes. */
export function locate(error: unknown, source: string, node: { readonly start: number; readonly end: number }): unknown {
  if (!(error instanceof Refusal)) return error;
  return new ExpressionError(`\`${quoteSource(source, node.start, node.end)}\`: ${error.message}`, source, node.start);
}
