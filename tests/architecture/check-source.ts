import { posix } from 'node:path';
import ts from 'typescript';
import type { Source } from './sources.js';
import {
  DOORS,
  HALLWAYS,
  LIGHT,
  MAY_DECORATE,
  MAY_IMPORT,
  MOST_LINES,
  ONLY_IN,
  OWNS_CLOCK,
  OWNS_ENVIRONMENT,
  PURE,
} from './walls.js';

type Wall = 'import' | 'clock' | 'environment' | 'decorator' | 'purity' | 'size' | 'name' | 'export';

interface Breach {
  readonly wall: Wall;
  readonly message: string;
}

const packageOf = (path: string): string => path.split('/').slice(0, 2).join('/');

/** Every wall this file breaks, as `path: what`. */
export function checkSource({ path, text }: Source): readonly string[] {
  const breaches = [...checkFile(path, text), ...checkSyntax(path, text)];
  return breaches.filter(({ wall }) => !(DOORS[path] ?? []).includes(wall)).map(({ message }) => `${path}: ${message}`);
}

function* checkFile(path: string, text: string): Generator<Breach> {
  const lines = text.trimEnd().split('\n').length;
  if (lines > MOST_LINES) yield { wall: 'size', message: `has ${lines} lines, ${MOST_LINES} at most` };
  if (HALLWAYS.test(path)) yield { wall: 'name', message: 'is named like a hallway: what is in it?' };
}

function* checkSyntax(path: string, text: string): Generator<Breach> {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const nestNames = new Set<string>();
  const nodes: ts.Node[] = [file];
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    for (const specifier of importedBy(node)) yield* checkImport(path, specifier);
    for (const name of namesFromNest(node)) nestNames.add(name);
    yield* checkNode(path, node);
    ts.forEachChild(node, (child) => void nodes.push(child));
  }
  yield* checkDecorators(path, file, nestNames);
}

/** Static and dynamic imports, re-exports, and the imports inside of types. */
function importedBy(node: ts.Node): readonly string[] {
  if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier !== undefined)
    return [(node.moduleSpecifier as ts.StringLiteral).text];
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument) && ts.isStringLiteral(node.argument.literal))
    return [node.argument.literal.text];
  if (!ts.isCallExpression(node)) return [];
  const isImport = node.expression.kind === ts.SyntaxKind.ImportKeyword || node.expression.getText() === 'require';
  const [first] = node.arguments;
  return isImport && first !== undefined && ts.isStringLiteralLike(first) ? [first.text] : [];
}

function* checkImport(path: string, specifier: string): Generator<Breach> {
  const from = packageOf(path);
  const breach = (message: string): Breach => ({ wall: 'import', message: `imports ${specifier}: ${message}` });
  if (specifier.startsWith('.')) {
    if (packageOf(posix.normalize(posix.join(posix.dirname(path), specifier))) !== from) yield breach('that is another package');
    return;
  }
  const ours = /^@reprise\/([^/]+)/.exec(specifier)?.[1];
  const light = Object.keys(LIGHT).find((folder) => path.startsWith(folder));
  const may = LIGHT[light ?? ''] ?? MAY_IMPORT[from] ?? [];
  if (ours !== undefined) {
    if (!may.includes(ours)) yield breach(`${light ?? from} may import ${may.join(', ') || 'nothing of ours'}`);
    return;
  }
  if (light !== undefined && !specifier.startsWith('node:')) {
    yield breach('it is loaded by unit tests, and must stay light');
    return;
  }
  if (/^node:|^(fs|os|path|http|net|crypto|process|child_process)$/.test(specifier)) {
    if (PURE.includes(from)) yield { wall: 'purity', message: `imports ${specifier}: it must not know the machine it runs on` };
    if (/^(node:)?process$/.test(specifier) && !OWNS_ENVIRONMENT.includes(from))
      yield { wall: 'environment', message: 'imports process' };
    return;
  }
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  const owners = ONLY_IN.find((each) => each.package.test(name))?.packages;
  if (owners !== undefined && !owners.includes(from)) yield breach(`only ${owners.join(', ') || 'tests'} may`);
}

const CLOCKS = ['Date.now', 'performance.now', 'process.hrtime', 'Math.random', 'crypto.randomUUID', 'crypto.getRandomValues'];
const RANDOM = ['randomUUID', 'randomBytes', 'randomInt', 'randomFill', 'randomFillSync', 'getRandomValues'];
const IMPURE = ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'fetch', 'process', 'console'];

function* checkNode(path: string, node: ts.Node): Generator<Breach> {
  const from = packageOf(path);
  if (ts.isExportDeclaration(node) && node.exportClause === undefined)
    yield { wall: 'export', message: `${node.getText()}: name what is exported` };
  if (!OWNS_CLOCK.includes(from) && readsClock(node))
    yield { wall: 'clock', message: `${node.getText()}: time and randomness come in as values` };
  if (!OWNS_ENVIRONMENT.includes(from) && ts.isPropertyAccessExpression(node) && node.getText() === 'process.env')
    yield { wall: 'environment', message: 'reads process.env: settings come in as values' };
  if (!PURE.includes(from)) return;
  if (node.kind === ts.SyntaxKind.AwaitExpression || node.kind === ts.SyntaxKind.AsyncKeyword)
    yield { wall: 'purity', message: 'waits for something' };
  if (ts.isIdentifier(node) && IMPURE.includes(node.text) && isUse(node)) yield { wall: 'purity', message: `uses ${node.text}` };
}

function readsClock(node: ts.Node): boolean {
  if (ts.isPropertyAccessExpression(node)) return CLOCKS.includes(node.getText());
  if (ts.isNewExpression(node)) return node.expression.getText() === 'Date' && (node.arguments ?? []).length === 0;
  // Hashing is welcome everywhere; only what is random in node:crypto is not.
  return ts.isImportSpecifier(node) && RANDOM.includes((node.propertyName ?? node.name).text);
}

/** An identifier that is read, as opposed to the name of a property or of something declared here. */
function isUse(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  return ts.isCallExpression(parent) || ts.isNewExpression(parent);
}

function namesFromNest(node: ts.Node): readonly string[] {
  if (!ts.isImportDeclaration(node) || !(node.moduleSpecifier as ts.StringLiteral).text.startsWith('@nestjs/')) return [];
  const bindings = node.importClause?.namedBindings;
  return bindings !== undefined && ts.isNamedImports(bindings) ? bindings.elements.map((element) => element.name.text) : [];
}

function* checkDecorators(path: string, file: ts.SourceFile, nestNames: ReadonlySet<string>): Generator<Breach> {
  if (MAY_DECORATE.test(path)) return;
  const nodes: ts.Node[] = [file];
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    const name = ts.isDecorator(node) ? (/^@(\w+)/.exec(node.getText())?.[1] ?? '') : '';
    if (nestNames.has(name)) yield { wall: 'decorator', message: `@${name}: plain classes are what a test can build` };
    ts.forEachChild(node, (child) => void nodes.push(child));
  }
}
