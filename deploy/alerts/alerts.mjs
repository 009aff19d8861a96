// The one table of alerts: Prometheus' rules and their tests, Grafana's rules, the tables of the documentation are made from it.
import { QUEUE_ALERTS } from './queue-alerts.mjs';
import { RUN_ALERTS } from './run-alerts.mjs';
import { SERVICE_ALERTS } from './service-alerts.mjs';

/**
 * @typedef {object} Alert
 * @property {string} name
 * @property {'critical' | 'warning'} severity `critical`: somebody must get up. `warning`: look at it in working hours.
 * @property {string} [for] How long the expression must hold; absent: at once.
 * @property {(time: import('./durations.mjs').Durations) => string} expr
 * @property {string} [value] What the value is, where the texts name it as `{{ value }}`: a key of VALUE_FORMATS.
 * @property {string} summary One line, with `{{ $labels.NAME }}`.
 * @property {string} description A sentence more.
 * @property {string} prevents What would go wrong if nobody were told.
 */

/** @type {readonly { readonly name: string, readonly alerts: readonly Alert[] }[]} */
export const ALERT_GROUPS = [
  { name: 'reprise-runs', alerts: RUN_ALERTS },
  { name: 'reprise-queues', alerts: QUEUE_ALERTS },
  { name: 'reprise-services', alerts: SERVICE_ALERTS },
];

/** How a value is written, as a pipe of Go templates. Prometheus and Grafana have the same functions. */
export const VALUE_FORMATS = {
  number: 'printf "%.0f"',
  perSecond: 'humanize',
  share: 'humanizePercentage',
  duration: 'humanizeDuration',
};

/** Where the runbooks are, unless told otherwise. */
export const RUNBOOKS = 'docs/operations/runbooks.md';

/** The heading of an alert's runbook is its name. @param {string} base @param {Alert} alert */
export const runbookOf = (base, { name }) => `${base}#${name.toLowerCase()}`;

/** A text with its value; Prometheus calls it `$value`, Grafana `$values.query.Value`. @param {Alert} alert @param {string} text @param {string} variable */
export function withValue({ name, value }, text, variable) {
  const format = VALUE_FORMATS[/** @type {keyof typeof VALUE_FORMATS} */ (value ?? '')];
  if (text.includes('{{ value }}') && format === undefined) throw new Error(`${name}: {{ value }} without a format`);
  return text.replaceAll('{{ value }}', `{{ ${variable} | ${format} }}`);
}
