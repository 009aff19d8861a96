#!/usr/bin/env node
// Rewrites the parts of docs/ that the code knows better, between <!-- generated: NAME --> and <!-- end -->.
// `--check` rewrites nothing and exits with 1 when something is stale.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './lib/paths.mjs';
import { fail } from './lib/print.mjs';

const PAGES = [
  'docs/configuration.md',
  'docs/metrics.md',
  'docs/state-machine.md',
  'docs/retry.md',
  'docs/amqp.md',
  'docs/workflow-document.md',
  'docs/cli.md',
  'docs/operations/alerting.md',
  'docs/operations/runbooks.md',
  'docs/operations/doctor.md',
];

const SCHEMA = 'docs/workflow.schema.json';

const BLOCK = /(<!-- generated: ([a-z-]+) -->\n)([\s\S]*?)(<!-- end -->)/g;

const check = process.argv.includes('--check');
try {
  const { GENERATORS } = await import('./lib/generated-docs.mjs');
  let stale = 0;
  for (const page of PAGES) {
    const file = path.join(root, page);
    if (!existsSync(file)) continue;
    const before = readFileSync(file, 'utf8');
    const after = await rewrite(before, page, GENERATORS);
    if (after === before) continue;
    stale += 1;
    if (check) console.error(`${page} is stale: npm run docs`);
    else writeFileSync(file, after);
  }
  if (await rewriteSchema()) stale += 1;
  if (check && stale > 0) process.exitCode = 1;
} catch (error) {
  fail(error);
  process.exitCode = 1;
}

/** The JSON Schema of workflow documents, for editors: the examples name it in their first line. True: it was stale. */
async function rewriteSchema() {
  const { WORKFLOW_SCHEMA } = await import('@reprise/core');
  const file = path.join(root, SCHEMA);
  const text = `${JSON.stringify(WORKFLOW_SCHEMA, null, 2)}\n`;
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return false;
  if (check) console.error(`${SCHEMA} is stale: npm run docs`);
  else writeFileSync(file, text);
  return true;
}

async function rewrite(text, page, generators) {
  let result = '';
  let at = 0;
  for (const match of text.matchAll(BLOCK)) {
    const [whole, open, name, , close] = match;
    const generate = generators[name];
    if (generate === undefined) throw new Error(`${page}: nothing generates "${name}"`);
    result += `${text.slice(at, match.index)}${open}\n${(await generate()).trim()}\n\n${close}`;
    at = match.index + whole.length;
  }
  return result + text.slice(at);
}
