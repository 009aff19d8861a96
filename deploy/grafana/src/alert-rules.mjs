import { ALERT_GROUPS } from '../../alerts/alerts.mjs';
import { durations } from '../../alerts/durations.mjs';
import { annotationsOf, labelsOf, yamlFile } from '../../alerts/prometheus-rules.mjs';

/** @template Query @typedef {Omit<Query, '_implementsDataqueryVariant'>} Plain */

export const DATASOURCE = 'reprise-prometheus';
const EXPRESSION = '__expr__';

/** The same alerts as Grafana evaluates them, for installations without an Alertmanager. @param {import('../../alerts/prometheus-rules.mjs').RuleOptions} options @returns {Record<string, string>} */
export function grafanaAlertRules(options) {
  const groups = ALERT_GROUPS.map(({ name, alerts }) => ({
    orgId: 1,
    name,
    folder: 'Reprise',
    interval: '1m',
    rules: alerts.map((alert) => rule(alert, options)),
  }));
  return { 'grafana/provisioning/alerting/rules.yml': yamlFile({ apiVersion: 1, groups }) };
}

/**
 * As Grafana itself converts Prometheus' rules: whatever the expression answers with is firing, 0 too, and no answer is not.
 * @param {import('../../alerts/alerts.mjs').Alert} alert @param {import('../../alerts/prometheus-rules.mjs').RuleOptions} options
 */
function rule(alert, { factor, runbooks }) {
  const time = durations(factor);
  return {
    uid: alert.name.toLowerCase(),
    title: alert.name,
    condition: 'threshold',
    for: time.span(alert.for ?? '0s'),
    // As Prometheus: resolved as soon as the series is gone.
    missing_series_evals_to_resolve: 1,
    noDataState: 'OK',
    execErrState: 'Error',
    labels: labelsOf(alert),
    annotations: annotationsOf(alert, runbooks, '$values.query.Value'),
    data: [
      query(DATASOURCE, { refId: 'query', expr: alert.expr(time), instant: true, range: false }),
      query(EXPRESSION, {
        refId: 'answered',
        type: 'math',
        expression: 'is_number($query) || is_nan($query) || is_inf($query)',
      }),
      query(EXPRESSION, {
        refId: 'threshold',
        type: 'threshold',
        expression: 'answered',
        conditions: [{ evaluator: { type: 'gt', params: [0] } }],
      }),
    ],
  };
}

/**
 * @typedef {import('@grafana/grafana-foundation-sdk/prometheus').Dataquery} Dataquery
 * @typedef {import('@grafana/grafana-foundation-sdk/expr').TypeMath} Maths
 * @typedef {import('@grafana/grafana-foundation-sdk/expr').TypeThreshold} Threshold
 */

/** @param {string} datasourceUid @param {Plain<Dataquery> | Plain<Maths> | Plain<Threshold>} model */
const query = (datasourceUid, model) => ({
  refId: model.refId,
  datasourceUid,
  relativeTimeRange: { from: 600, to: 0 },
  model: { ...model, datasource: { type: datasourceUid === EXPRESSION ? EXPRESSION : 'prometheus', uid: datasourceUid } },
});
