import { TooltipDisplayMode, VizLegendOptionsBuilder, VizTooltipOptionsBuilder } from '@grafana/grafana-foundation-sdk/common';
import { DashboardLinkBuilder, DashboardLinkType, ThresholdsConfigBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { ALERT_GROUPS, runbookOf } from '../../alerts/alerts.mjs';

/**
 * @typedef {object} Panel
 * @property {'lines' | 'stacked' | 'stat' | 'table'} kind
 * @property {string} title
 * @property {string} description What it shows, and what is good or bad of it.
 * @property {string} unit One of Grafana's ids of units.
 * @property {readonly (readonly [expr: string, legend?: string])[]} queries
 * @property {number} [width] Of 24; a figure takes 4, anything else 12.
 * @property {readonly (readonly [from: number | null, color: string])[]} [colors]
 * @property {number} [max]
 * @property {readonly string[]} [alerts] Their runbooks are linked.
 */

/** The variable that says which Prometheus is asked. */
export const SOURCE = { type: 'prometheus', uid: '${source}' };

/** @param {Panel} panel @param {number} id @param {string} runbooks */
export function buildPanel(panel, id, runbooks) {
  const { kind, title, description, unit, width, colors, max, alerts = [] } = panel;
  const builder = builderOf(panel)
    .id(id)
    .title(title)
    .description(description)
    .unit(unit)
    .datasource(SOURCE)
    .span(width ?? (kind === 'stat' ? 4 : 12))
    .height(kind === 'stat' ? 4 : 8)
    .links(alerts.map((name) => runbookLink(name, runbooks)));
  if (kind !== 'table') builder.min(0);
  if (max !== undefined) builder.max(max);
  if (colors !== undefined) builder.thresholds(thresholds(colors));
  queries(panel).forEach((query, index) => {
    builder.withTarget(query.refId(String.fromCharCode(65 + index)));
  });
  return builder;
}

/** @param {Panel} panel */
function builderOf({ kind }) {
  if (kind === 'stat') return new StatBuilder();
  if (kind === 'table') return new TableBuilder();
  const lines = new TimeseriesBuilder()
    .lineWidth(1)
    .fillOpacity(kind === 'stacked' ? 30 : 5)
    .legend(new VizLegendOptionsBuilder().showLegend(true).calcs(['lastNotNull', 'max']))
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi));
  return lines;
}

/** @param {Panel} panel */
function queries({ kind, queries: rows }) {
  return rows.map(([expr, legend]) => {
    const query = new DataqueryBuilder().expr(expr).datasource(SOURCE);
    if (legend !== undefined) query.legendFormat(legend);
    if (kind === 'table') return query.instant().format(PromQueryFormat.Table);
    return kind === 'stat' ? query.instant() : query.range();
  });
}

/** @param {NonNullable<Panel['colors']>} colors */
const thresholds = (colors) => new ThresholdsConfigBuilder().steps(colors.map(([value, color]) => ({ value, color })));

/** @param {string} name @param {string} runbooks */
function runbookLink(name, runbooks) {
  const alert = ALERT_GROUPS.flatMap(({ alerts }) => alerts).find((each) => each.name === name);
  if (alert === undefined) throw new Error(`a panel links an alert that is not there: ${name}`);
  return new DashboardLinkBuilder(`Runbook: ${name}`)
    .type(DashboardLinkType.Link)
    .url(runbookOf(runbooks, alert))
    .targetBlank(true);
}
