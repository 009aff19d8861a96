import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { alertRules } from './alert-rules.js';
import { ROOT } from './prometheus-programs.js';

interface GrafanaRule {
  readonly uid: string;
  readonly title: string;
  readonly condition: string;
  readonly for: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly data: readonly {
    readonly refId: string;
    readonly datasourceUid: string;
    readonly model: { readonly expr?: string };
  }[];
}

const read = (path: string) => parse(readFileSync(`${ROOT}deploy/grafana/provisioning/${path}`, 'utf8'));
const rules: readonly GrafanaRule[] = read('alerting/rules.yml').groups.flatMap(
  (group: { readonly rules: readonly GrafanaRule[] }) => group.rules,
);

test("Grafana's rules are Prometheus' rules", () => {
  const asked = rules.map(({ title, labels, data, ...rule }) => ({ title, labels, for: rule.for, expr: data[0]?.model.expr }));
  expect(asked).toEqual(
    alertRules().map(({ alert, expr, labels, ...rule }) => ({ title: alert, labels, for: rule.for ?? '0s', expr })),
  );
});

test('each rule can be told from the others, asks the data source that is provided, and is decided by its last step', () => {
  const [source] = read('datasources/prometheus.yml').datasources;
  expect(new Set(rules.map(({ uid }) => uid)).size).toBe(rules.length);
  for (const { uid, data, condition } of rules) {
    expect(uid).toMatch(/^[a-z0-9_-]{1,40}$/);
    expect(data.map(({ datasourceUid }) => datasourceUid)).toEqual([source.uid, '__expr__', '__expr__']);
    expect(condition).toBe(data.at(-1)?.refId);
  }
});

test('texts of rules have no variable of the environment in them', () => {
  // Grafana replaces ${NAME} in annotations, and in older versions nothing: a text must mean the same to both.
  for (const { annotations } of rules) for (const text of Object.values(annotations)) expect(text).not.toContain('${');
});

test('what is told has somewhere to go', () => {
  const points = read('alerting/contact-points.yml').contactPoints.map(({ name }: { readonly name: string }) => name);
  const [{ receiver, routes }] = read('alerting/policies.yml').policies;
  for (const name of [receiver, ...routes.map((route: { readonly receiver: string }) => route.receiver)])
    expect(points).toContain(name);
});
