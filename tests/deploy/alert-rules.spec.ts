import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { METRICS_TABLE } from '@reprise/service';
import { alertRules, metricsNamedIn, recordingRules, ruleFiles, ruleTests, testFiles } from './alert-rules.js';
import { type PrometheusPrograms, prometheusPrograms, ROOT } from './prometheus-programs.js';

/** The first run on a machine fetches Prometheus. */
const FETCH_MS = 300_000;

let programs: PrometheusPrograms;
beforeAll(() => {
  programs = prometheusPrograms();
}, FETCH_MS);

const promtool = (...args: readonly string[]) => run(programs.promtool, args);
const amtool = (...args: readonly string[]) => run(programs.amtool, args);

async function run(program: string, args: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
  const child = spawn(program, [...args], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code, output: out + err };
}

test('rules, their tests, and what Grafana reads are what the table says', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/alerts.mjs', '--check'], { cwd: ROOT, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

test('Prometheus accepts the rules', async () => {
  const { code, output } = await promtool('check', 'rules', ...ruleFiles());
  expect({ code, output }).toMatchObject({ code: 0 });
});

test('Prometheus accepts the configuration that ships', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'reprise-prometheus-'));
  try {
    cpSync(`${ROOT}deploy/prometheus`, folder, { recursive: true });
    const token = path.join(folder, 'token');
    writeFileSync(token, 'a token of 16 or more');
    const config = path.join(folder, 'prometheus.yml');
    // The one thing that is not there outside the container; promtool looks for the file.
    writeFileSync(config, readFileSync(config, 'utf8').replaceAll('/run/secrets/reprise_token', token));
    const { code, output } = await promtool('check', 'config', config);
    expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining('2 rule files found') });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('Alertmanager accepts its configuration, and sends what is critical where it should', async () => {
  const config = 'deploy/prometheus/alertmanager.yml';
  const checked = await amtool('check-config', config);
  expect(checked).toMatchObject({ code: 0 });
  const route = (severity: string) =>
    amtool('config', 'routes', 'test', `--config.file=${config}`, 'app=reprise', `severity=${severity}`);
  expect((await route('critical')).output).toMatch(/^reprise-critical$/m);
  expect((await route('warning')).output).toMatch(/^reprise$/m);
});

test('Alertmanager keeps silent only about alerts that there are', () => {
  const names = alertRules().map(({ alert }) => alert);
  const matchers = readFileSync(`${ROOT}deploy/prometheus/alertmanager.yml`, 'utf8').matchAll(/alertname(=~?)"([^"]+)"/g);
  const patterns = [...matchers].map(([, , pattern = '']) => pattern);
  expect(patterns.length).toBeGreaterThan(8);
  expect(patterns.filter((pattern) => !names.some((name) => new RegExp(`^(?:${pattern})$`).test(name)))).toEqual([]);
});

test('every alert fires when it should, with the texts it should, and only then', async () => {
  const results = await Promise.all(testFiles().map((path) => promtool('test', 'rules', path)));
  for (const { code, output } of results) expect({ code, output }).toMatchObject({ code: 0 });
});

describe('every alert', () => {
  const asked = ruleTests().flatMap((each) => each.alert_rule_test);
  test.each(alertRules().map(({ alert }) => alert))('%s is tested both ways', (name) => {
    const counts = asked.filter(({ alertname }) => alertname === name).map(({ exp_alerts }) => exp_alerts.length);
    expect(counts.some((count) => count > 0)).toBe(true);
    expect(counts.some((count) => count === 0)).toBe(true);
  });

  test('has labels, texts and a name of its own', () => {
    const rules = alertRules();
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { alert, labels, annotations } of rules) {
      expect(labels).toEqual({ severity: expect.stringMatching(/^(critical|warning)$/), app: 'reprise' });
      expect(annotations['runbook_url']).toBe(`docs/operations/runbooks.md#${alert.toLowerCase()}`);
    }
  });
});

test('rules name only metrics that there are', () => {
  const known = new Set([
    ...Object.entries(METRICS_TABLE).flatMap(([name, { type }]) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name],
    ),
    ...recordingRules().map(({ record }) => record),
  ]);
  const named = [...alertRules(), ...recordingRules()].flatMap(({ expr }) => metricsNamedIn(expr));
  expect(named.length).toBeGreaterThan(40);
  expect(named.filter((name) => !known.has(name))).toEqual([]);
});
