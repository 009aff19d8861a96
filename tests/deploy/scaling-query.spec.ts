import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { METRICS_TABLE } from '@reprise/service';
import { stringify } from 'yaml';
import { renderChart } from './chart/render-chart.js';
import { VALUE_CASES } from './chart/value-cases.js';
import { prometheusPrograms } from './prometheus-programs.js';

/* What KEDA asks Prometheus, asked of Prometheus: its own evaluator works on series as they would be. */

const scaled = renderChart(VALUE_CASES['executors by queue, one kind scaled by KEDA'] ?? {}).find(
  ({ kind }) => kind === 'ScaledObject',
);
const query = String(scaled?.spec.triggers[0].metadata.query);
const LEADS = 'reprise_leader{namespace="prod",role="monitor"}';
const busy = (executor: string, namespace = 'prod') =>
  `reprise_executor_slots{namespace="${namespace}",reprise_executor="${executor}",state="busy"}`;
const waiting = (queue: string, namespace = 'prod') => `reprise_queue_depth{namespace="${namespace}",queue="${queue}"}`;

let promtool: string;
let folder: string;
beforeAll(() => {
  promtool = prometheusPrograms().promtool;
  folder = mkdtempSync(path.join(tmpdir(), 'reprise-scaling-'));
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What is wrong with the expectation that the query comes to `value` (null = no answer); '' if nothing. */
function wrongWith(series: Readonly<Record<string, number>>, value: number | null): string {
  const file = path.join(folder, 'test.yml');
  const input = Object.entries(series).map(([name, at]) => ({ series: name, values: `${at}x4` }));
  const samples = value === null ? [] : [{ labels: '{}', value }];
  const asked = [{ expr: query, eval_time: '1m', exp_samples: samples }];
  writeFileSync(file, stringify({ tests: [{ interval: '30s', input_series: input, promql_expr_test: asked }] }));
  const { status, stdout, stderr } = spawnSync(promtool, ['test', 'rules', file], { encoding: 'utf8' });
  return status === 0 ? '' : stdout + stderr;
}

test('counts what waits in its queues and what its executors run, and nobody else’s', () => {
  const others = {
    [waiting('builds')]: 90,
    [busy('builds')]: 7,
    [waiting('default', 'staging')]: 50,
    [busy('default', 'staging')]: 9,
  };
  const series = {
    [LEADS]: 1,
    [waiting('default')]: 30,
    [waiting('mail-out')]: 4,
    [waiting('mail-outbox')]: 99,
    [busy('default')]: 10,
    ...others,
  };
  expect(wrongWith(series, 44)).toBe('');
  expect(wrongWith(series, 45)).not.toBe('');
});

test('goes by what runs alone while nothing waits, and by what waits while no executor is there', () => {
  expect(wrongWith({ [LEADS]: 1, [busy('default')]: 10 }, 10)).toBe('');
  expect(wrongWith({ [LEADS]: 1, [waiting('default')]: 3 }, 3)).toBe('');
  expect(wrongWith({ [LEADS]: 1 }, 0)).toBe('');
});

test('has no answer while no monitor leads, rather than an empty queue', () => {
  expect(wrongWith({ [busy('default')]: 10 }, null)).toBe('');
  expect(wrongWith({ [LEADS]: 0, [busy('default')]: 10 }, null)).toBe('');
});

test('asks for nothing that no service shows', () => {
  const asked = [...query.matchAll(/reprise_\w+(?=\{)/g)].map(([name]) => name);
  expect(asked).toHaveLength(3);
  for (const name of asked) expect(Object.keys(METRICS_TABLE)).toContain(name);
});
