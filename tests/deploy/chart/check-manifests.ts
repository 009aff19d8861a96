import path from 'node:path';
import * as keda from '@kubernetes-models/keda/keda.sh/v1alpha1';
import * as prometheus from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1';
import * as apps from 'kubernetes-models/apps/v1';
import * as networking from 'kubernetes-models/networking.k8s.io/v1';
import * as policy from 'kubernetes-models/policy/v1';
import * as core from 'kubernetes-models/v1';
import ts from 'typescript';
import type { Manifest } from './render-chart.js';

/** Where each API's objects are described: by a validator made from its schema, and as types. */
const MODELS = {
  v1: { module: 'kubernetes-models/v1', kinds: core },
  'apps/v1': { module: 'kubernetes-models/apps/v1', kinds: apps },
  'policy/v1': { module: 'kubernetes-models/policy/v1', kinds: policy },
  'networking.k8s.io/v1': { module: 'kubernetes-models/networking.k8s.io/v1', kinds: networking },
  'keda.sh/v1alpha1': { module: '@kubernetes-models/keda/keda.sh/v1alpha1', kinds: keda },
  'monitoring.coreos.com/v1': { module: '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1', kinds: prometheus },
} as const;

interface Model {
  validate(): void;
}

/** What the schemas refuse: wrong types, wrong values, what is missing. They let unknown fields pass. */
export function refusedBySchema(manifest: Manifest): string | null {
  const { apiVersion, kind, metadata } = manifest;
  const kinds: Record<string, unknown> = { ...MODELS[apiVersion as keyof typeof MODELS]?.kinds };
  const model = kinds[kind] as (new (manifest: Manifest) => Model) | undefined;
  if (model === undefined) return `there is no ${kind} in ${apiVersion}`;
  try {
    new model(manifest).validate();
    return null;
  } catch (error) {
    return `${kind} ${metadata.name}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** What the compiler refuses when each manifest is written as a value of its type: fields that no API knows, above all. */
export function refusedByTypes(manifests: readonly Manifest[], root: string): readonly string[] {
  const file = path.join(root, 'tests', '.manifests.generated.ts');
  const lines = manifests.map((manifest, index) => {
    const { module } = MODELS[manifest.apiVersion as keyof typeof MODELS];
    return `export const m${index}: import(${JSON.stringify(module)}).I${manifest.kind} = ${JSON.stringify(manifest)};`;
  });
  const options: ts.CompilerOptions = {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    strict: true,
    skipLibCheck: true,
    noEmit: true,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  const text = `${lines.join('\n')}\n`;
  host.fileExists = (name) => name === file || fileExists(name);
  host.getSourceFile = (name, version) =>
    name === file ? ts.createSourceFile(name, text, version, true) : getSourceFile.call(host, name, version);
  const program = ts.createProgram([file], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText, start = 0 }) => {
    const manifest = manifests[text.slice(0, start).split('\n').length - 1];
    return `${manifest?.kind} ${manifest?.metadata.name}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
}
