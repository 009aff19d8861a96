import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { parse, parseAllDocuments } from 'yaml';
import { parseTemplate, type TemplateNode } from './parse-template.js';
import { type Functions, runTemplate } from './run-template.js';
import { FUNCTIONS } from './template-functions.js';

/*
 * Renders the chart as `helm template` would, in the part of its language that the chart uses; anything else is an error here. No Helm
 * is needed, and Helm itself has not been run: see docs/operations/deploy-kubernetes.md.
 */

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Record<string, string> };
  // biome-ignore lint/suspicious/noExplicitAny: what a manifest holds is looked at by the expectations that follow.
  readonly spec: any;
  readonly [field: string]: unknown;
}
type Tree = Record<string, unknown>;

export const CHART = fileURLToPath(new URL('../../../deploy/kubernetes/reprise', import.meta.url));
const read = (file: string): string => readFileSync(path.join(CHART, file), 'utf8');

const fitsSchema = new Ajv({ strict: false, allErrors: true }).compile(JSON.parse(read('values.schema.json')) as object);

export const chartValues = (): Tree => parse(read('values.yaml')) as Tree;

/** @throws Error naming what values.schema.json refuses, as Helm would */
export function checkValues(values: Tree): void {
  if (fitsSchema(values)) return;
  const told = (fitsSchema.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
  throw new Error(told.join('\n'));
}

export function renderChart(given: Tree, release = { Name: 'rel', Namespace: 'prod' }): readonly Manifest[] {
  return Object.entries(renderTexts(given, release))
    .filter(([file]) => file.endsWith('.yaml'))
    .flatMap(([, text]) => parseAllDocuments(text, { uniqueKeys: true }))
    .flatMap((document) => {
      if (document.errors.length > 0) throw document.errors[0];
      const value = document.toJS() as Manifest | null;
      return value === null ? [] : [value];
    });
}

/** What each file comes to. */
export function renderTexts(given: Tree, release: { Name: string; Namespace: string }): Readonly<Record<string, string>> {
  const values = FUNCTIONS['mergeOverwrite']?.(chartValues(), given) as Tree;
  checkValues(values);
  const { name, version, appVersion } = parse(read('Chart.yaml')) as Record<string, string>;
  const top = {
    Values: values,
    Chart: { Name: name, Version: version, AppVersion: appVersion },
    Release: { ...release, Service: 'Helm' },
    Files: { Glob: filesLike, Get: (file: unknown) => read(String(file)) },
  };
  const files = new Map(
    readdirSync(path.join(CHART, 'templates')).map((file) => [file, parseTemplate(read(`templates/${file}`))]),
  );
  const defined = new Map<unknown, readonly TemplateNode[]>(
    [...files.values()].flat().flatMap((node) => (node.kind === 'define' ? [[node.name, node.body]] : [])),
  );
  const functions: Functions = {
    ...FUNCTIONS,
    include: (template, dot) => {
      const body = defined.get(template);
      if (body === undefined) throw new Error(`there is no template ${String(template)}`);
      return runTemplate(body, dot, functions);
    },
  };
  const rendered = [...files].filter(([file]) => !file.startsWith('_'));
  return Object.fromEntries(rendered.map(([file, nodes]) => [file, runTemplate(nodes, top, functions)]));
}

function filesLike(pattern: unknown): Tree {
  const [folder = '', name = ''] = String(pattern).split('/*');
  const at = path.join(CHART, folder);
  const found = existsSync(at) ? readdirSync(at).filter((file) => file.endsWith(name)) : [];
  return Object.fromEntries(found.map((file) => [`${folder}/${file}`, read(`${folder}/${file}`)]));
}
