import { Composer, type CST, type Document, Lexer, type ParsedNode, Parser } from 'yaml';
import type { DocumentLimits } from '../values/limits.js';
import type { Located } from '../values/located.js';
import type { Report } from '../values/problem.js';
import { locateValues } from './locate-values.js';
import { explainSyntax, hintForSyntax } from './yaml-traps.js';

const START = { path: '', offset: 0 };
const HOW_TO_BEGIN = 'a workflow needs at least `workflow` (its name) and `tasks`';

type Composed = Document.Parsed<ParsedNode>;

/** YAML 1.2 (core schema) or JSON, with the place of every value; null when it cannot be read, and the report says why. */
export function readYaml(text: string, limits: DocumentLimits, report: Report, howToBegin = HOW_TO_BEGIN): Located | null {
  const bytes = Buffer.byteLength(text);
  if (bytes > limits.maxBytes) {
    report.refuse(
      START,
      `the document has ${bytes} bytes; at most ${limits.maxBytes} are allowed`,
      'pass data as input, not in the document',
    );
    return null;
  }
  const tokens = tokenize(text, limits.maxDepth, report);
  if (tokens === null) return null;
  const [document, second] = compose(tokens);
  if (document === undefined || document.contents === null) {
    report.refuse(START, 'the document is empty', howToBegin);
    return null;
  }
  if (second !== undefined) {
    const offset = document.range[2];
    report.refuse({ path: '', offset }, 'the text holds more than one document', 'register one workflow at a time');
    return null;
  }
  if (text.startsWith('%') || document.directives.yaml.explicit === true) {
    report.refuse(START, 'YAML directives (`%…`) are not allowed', 'remove them; documents are read as YAML 1.2');
  }
  reportSyntax(document, report);
  return report.isClean ? locateValues(document.contents, limits, report) : null;
}

/**
 * Watches the depth while it reads: the composer recurses, so a document of 10,000 brackets must end here.
 */
function tokenize(text: string, maxDepth: number, report: Report): readonly CST.Token[] | null {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme));
    // The document itself and the scalar in hand are on the stack too.
    if (parser.stack.length > maxDepth + 2) {
      report.refuse({ path: '', offset: parser.offset }, `the document is nested more than ${maxDepth} levels deep`);
      return null;
    }
  }
  return [...tokens, ...parser.end()];
}

function compose(tokens: readonly CST.Token[]): readonly Composed[] {
  // uniqueKeys compares every key with every other (a minute for a map of 50,000): locateValues finds duplicates itself.
  const options = { schema: 'core', uniqueKeys: false, merge: false, prettyErrors: false, resolveKnownTags: false } as const;
  return [...new Composer<ParsedNode>(options).compose(tokens)] as Composed[];
}

/** One mistake usually upsets the rest of its line: only the first of a line is told. */
function reportSyntax(document: Composed, report: Report): void {
  const lines = new Set<number>();
  for (const { code, message, pos } of document.errors) {
    const { line } = report.position(pos[0]);
    if (lines.has(line)) continue;
    lines.add(line);
    report.refuse({ path: '', offset: pos[0] }, explainSyntax(code, message), hintForSyntax(code, report.line(line)));
  }
}
