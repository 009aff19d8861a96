import {
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DATASOURCE } from './alert-rules.mjs';
import { EXECUTORS } from './executors-dashboard.mjs';
import { OVERVIEW } from './overview-dashboard.mjs';
import { buildPanel, SOURCE } from './panel.mjs';
import { PLATFORM } from './platform-dashboard.mjs';
import { WORKFLOW } from './workflow-dashboard.mjs';

/**
 * @typedef {object} Dashboard
 * @property {string} file
 * @property {string} title
 * @property {string} description
 * @property {readonly { readonly name: string, readonly label: string, readonly metric: string }[]} variables Labels to choose values of.
 * @property {readonly { readonly title: string, readonly panels: readonly import('./panel.mjs').Panel[] }[]} rows
 */

/** @type {readonly Dashboard[]} */
const DASHBOARDS = [OVERVIEW, WORKFLOW, EXECUTORS, PLATFORM];

const TAG = 'reprise';

/** The dashboards' files by name. @param {{ runbooks: string }} options @returns {Record<string, string>} */
export function grafanaDashboards({ runbooks }) {
  return Object.fromEntries(
    DASHBOARDS.map((dashboard) => [
      `grafana/dashboards/${dashboard.file}.json`,
      `${JSON.stringify(build(dashboard, runbooks), null, 2)}\n`,
    ]),
  );
}

/** @param {Dashboard} dashboard @param {string} runbooks */
function build({ file, title, description, variables, rows }, runbooks) {
  const builder = new DashboardBuilder(title)
    .uid(file)
    .description(description)
    .tags([TAG])
    .tooltip(DashboardCursorSync.Crosshair)
    .refresh('30s')
    .time({ from: 'now-6h', to: 'now' })
    .link(otherDashboards())
    .link(new DashboardLinkBuilder('Runbooks').type(DashboardLinkType.Link).icon('doc').url(runbooks).targetBlank(true))
    .withVariable(source());
  for (const variable of variables) builder.withVariable(labelVariable(variable));
  let id = 0;
  for (const { title: row, panels } of rows) {
    builder.withRow(new RowBuilder(row).id(nextId()));
    for (const panel of panels) builder.withPanel(buildPanel(panel, nextId(), runbooks));
  }
  return builder.build();

  function nextId() {
    id += 1;
    return id;
  }
}

const otherDashboards = () =>
  new DashboardLinkBuilder('Reprise').type(DashboardLinkType.Dashboards).tags([TAG]).keepTime(true).includeVars(true);

const source = () =>
  new DatasourceVariableBuilder('source')
    .label('Prometheus')
    .type('prometheus')
    .current({ text: 'Prometheus', value: DATASOURCE });

/** @param {Dashboard['variables'][number]} variable */
const labelVariable = ({ name, label, metric }) =>
  new QueryVariableBuilder(name)
    .label(label)
    .datasource(SOURCE)
    .query(`label_values(${metric}, ${name})`)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ text: ['All'], value: ['$__all'] });
