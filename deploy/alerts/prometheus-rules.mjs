import { stringify } from 'yaml';
import { ALERT_GROUPS, runbookOf, withValue } from './alerts.mjs';
import { durations } from './durations.mjs';
import { RECORDING_RULES } from './recording-rules.mjs';

/**
 * @typedef {object} RuleOptions
 * @property {number} factor What all durations are multiplied with; 1 as it ships.
 * @property {string} runbooks The address of the runbooks' page.
 */

const HEADER = '# Made from deploy/alerts by `npm run alerts`. Do not edit.\n';

/** @param {unknown} content */
export const yamlFile = (content) => HEADER + stringify(content, { lineWidth: 0 });

/** Prometheus' rule files by name. @param {RuleOptions} options @returns {Record<string, string>} */
export function prometheusRules(options) {
  const time = durations(options.factor);
  const recorded = RECORDING_RULES.map(({ record, expr }) => ({ record, expr: expr(time) }));
  return {
    'prometheus/rules/recording.yml': yamlFile({ groups: [{ name: 'reprise-recording', rules: recorded }] }),
    'prometheus/rules/alerts.yml': yamlFile({
      groups: ALERT_GROUPS.map(({ name, alerts }) => ({ name, rules: alerts.map((alert) => rule(alert, options)) })),
    }),
  };
}

/** @param {import('./alerts.mjs').Alert} alert @param {RuleOptions} options */
function rule(alert, { factor, runbooks }) {
  const time = durations(factor);
  return {
    alert: alert.name,
    expr: alert.expr(time),
    ...(alert.for === undefined ? {} : { for: time.span(alert.for) }),
    labels: labelsOf(alert),
    annotations: annotationsOf(alert, runbooks, '$value'),
  };
}

/** `app` is for routes: all of Reprise, and nothing else. @param {import('./alerts.mjs').Alert} alert */
export const labelsOf = ({ severity }) => ({ severity, app: 'reprise' });

/** @param {import('./alerts.mjs').Alert} alert @param {string} runbooks @param {string} variable */
export const annotationsOf = (alert, runbooks, variable) => ({
  summary: withValue(alert, alert.summary, variable),
  description: withValue(alert, alert.description, variable),
  runbook_url: runbookOf(runbooks, alert),
});
