import { ALERT_GROUPS, RUNBOOKS } from './alerts.mjs';
import { QUEUE_CASES } from './cases/queue-cases.mjs';
import { RUN_CASES } from './cases/run-cases.mjs';
import { SERVICE_CASES } from './cases/service-cases.mjs';
import { SLOW_CASES } from './cases/slow-cases.mjs';
import { annotationsOf, labelsOf, yamlFile } from './prometheus-rules.mjs';

/**
 * @typedef {object} Situation
 * @property {string} why
 * @property {Record<string, string>} series By name and labels, a value each minute.
 * @property {string} at When it is looked at.
 */

/**
 * @typedef {object} Fired
 * @property {Record<string, string>} labels Those of the alert itself besides severity and app.
 * @property {string} [value] As its texts show it.
 */

/**
 * What makes an alert fire, and what is near it and must not.
 * @typedef {object} Case
 * @property {string} alert
 * @property {(Situation & { alerts: readonly Fired[] })} fires
 * @property {readonly Situation[]} quiet
 */

/** @type {Record<string, { every: string, cases: readonly Case[] }>} */
const FILES = {
  runs: { every: '1m', cases: RUN_CASES },
  queues: { every: '1m', cases: QUEUE_CASES },
  services: { every: '1m', cases: SERVICE_CASES },
  slow: { every: '5m', cases: SLOW_CASES },
};

/** Files for `promtool test rules`, by name. @returns {Record<string, string>} */
export function ruleTests() {
  return Object.fromEntries(
    Object.entries(FILES).map(([name, { every, cases }]) => [
      `prometheus/tests/${name}.yml`,
      yamlFile({
        rule_files: ['../rules/recording.yml', '../rules/alerts.yml'],
        evaluation_interval: every,
        tests: cases.flatMap(testsOf),
      }),
    ]),
  );
}

/** @param {Case} one */
function testsOf({ alert, fires, quiet }) {
  const row = ALERT_GROUPS.flatMap(({ alerts }) => alerts).find(({ name }) => name === alert);
  if (row === undefined) throw new Error(`a case for an alert that is not there: ${alert}`);
  const expected = fires.alerts.map(({ labels, value }) => ({
    exp_labels: { ...labelsOf(row), ...labels },
    exp_annotations: rendered(annotationsOf(row, RUNBOOKS, '$value'), labels, value),
  }));
  return [test(alert, fires, expected), ...quiet.map((situation) => test(alert, situation, []))];
}

/** @param {string} alert @param {Situation} situation @param {readonly object[]} expected */
const test = (alert, { why, series, at }, expected) => ({
  name: `${alert} ${expected.length > 0 ? 'fires' : 'is quiet'}: ${why}`,
  interval: '1m',
  input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
  alert_rule_test: [{ eval_time: at, alertname: alert, exp_alerts: expected }],
});

/** @param {Record<string, string>} annotations @param {Record<string, string>} labels @param {string} [value] */
function rendered(annotations, labels, value) {
  const fill = (/** @type {string} */ text) =>
    text
      .replace(/\{\{ \$labels\.(\w+) \}\}/g, (_, label) => labels[label] ?? '')
      .replace(/\{\{ \$value [^}]*\}\}/g, () => value ?? '');
  return Object.fromEntries(Object.entries(annotations).map(([name, text]) => [name, fill(text)]));
}
