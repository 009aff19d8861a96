import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { ROOT } from './prometheus-programs.js';

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
}

interface RuleTest {
  readonly input_series: readonly { readonly series: string }[];
  readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts: readonly unknown[] }[];
}

const RULES = 'deploy/prometheus/rules/';
const TESTS = 'deploy/prometheus/tests/';

const read = (path: string) => parse(readFileSync(ROOT + path, 'utf8'));
const rulesOf = <Rule>(name: string): readonly Rule[] =>
  read(RULES + name).groups.flatMap((group: { readonly rules: readonly Rule[] }) => group.rules);

export const ruleFiles = (): readonly string[] => readdirSync(ROOT + RULES).map((name) => RULES + name);
export const testFiles = (): readonly string[] => readdirSync(ROOT + TESTS).map((name) => TESTS + name);
export const alertRules = () => rulesOf<AlertRule>('alerts.yml');
export const recordingRules = () => rulesOf<RecordingRule>('recording.yml');
export const ruleTests = (): readonly RuleTest[] => testFiles().flatMap((path) => read(path).tests);

/** Every metric that a text of PromQL names, recorded ones too. */
export const metricsNamedIn = (expr: string): readonly string[] => [
  ...new Set(expr.match(/\b(?:[a-z]+:)?(?:reprise|process|nodejs)[_:][a-z0-9_:]+/g) ?? []),
];
