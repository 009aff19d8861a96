#!/usr/bin/env node
// Writes what is made from the table of alerts and from the dashboards: Prometheus' rules and their tests, Grafana's rules and dashboards.
//   --check            writes nothing, and exits with 1 when something is stale
//   --out=DIR          another folder than deploy/
//   --runbooks=URL     where your runbooks are; default: the page in this repository
//   --factor=0.0167    shortens every duration, for tests: minutes become seconds
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { RUNBOOKS } from '../deploy/alerts/alerts.mjs';
import { prometheusRules } from '../deploy/alerts/prometheus-rules.mjs';
import { ruleTests } from '../deploy/alerts/rule-tests.mjs';
import { grafanaAlertRules } from '../deploy/grafana/src/alert-rules.mjs';
import { grafanaDashboards } from '../deploy/grafana/src/dashboards.mjs';
import { root } from './lib/paths.mjs';
import { fail } from './lib/print.mjs';

/** A chart takes in no file from outside of its folder, and a link is lost where archives and Windows know none. */
const CHART_RULES = 'kubernetes/reprise/rules';

/** Folders in which every file is made. */
const MADE = ['prometheus/rules', CHART_RULES, 'prometheus/tests', 'grafana/dashboards'];

try {
  const { values } = parseArgs({
    options: {
      check: { type: 'boolean', default: false },
      out: { type: 'string', default: path.join(root, 'deploy') },
      runbooks: { type: 'string', default: RUNBOOKS },
      factor: { type: 'string', default: '1' },
    },
  });
  const factor = Number(values.factor);
  if (!(factor > 0)) throw new Error(`--factor must be a number above 0: ${values.factor}`);
  const options = { factor, runbooks: values.runbooks };
  const rules = prometheusRules(options);
  const files = { ...rules, ...inChart(rules), ...ruleTests(), ...grafanaAlertRules(options), ...grafanaDashboards(options) };
  if (values.check) process.exitCode = check(values.out, files) ? 0 : 1;
  else write(values.out, files);
} catch (error) {
  fail(error);
  process.exitCode = 1;
}

function inChart(rules) {
  return Object.fromEntries(Object.entries(rules).map(([name, text]) => [`${CHART_RULES}/${path.basename(name)}`, text]));
}

function write(out, files) {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(out, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

function check(out, files) {
  const stale = Object.entries(files).filter(([name, text]) => read(path.join(out, name)) !== text);
  const left = MADE.flatMap((folder) => readdirSync(path.join(out, folder)).map((name) => `${folder}/${name}`)).filter(
    (name) => files[name] === undefined,
  );
  for (const [name] of stale) console.error(`${name} is stale: npm run alerts`);
  for (const name of left) console.error(`${name} is made by nothing any more: remove it`);
  return stale.length + left.length === 0;
}

function read(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
}
