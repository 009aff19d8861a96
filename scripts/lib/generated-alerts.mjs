import { ALERT_GROUPS } from '../../deploy/alerts/alerts.mjs';
import { durations } from '../../deploy/alerts/durations.mjs';

const ALERTS = ALERT_GROUPS.flatMap(({ alerts }) => alerts);
const SHIPPED = durations(1);

/** The table of all alerts. */
export function alertsTable() {
  const rows = ALERTS.map(
    (alert) =>
      `| [${alert.name}](runbooks.md#${alert.name.toLowerCase()}) | ${alert.severity} | ${alert.for ?? 'at once'} | ${alert.prevents} |`,
  );
  return ['| alert | severity | after | prevents |', '|---|---|---|---|', ...rows].join('\n');
}

/** The head of each runbook, by the name of its place. */
export const RUNBOOK_HEADS = Object.fromEntries(ALERTS.map((alert) => [`alert-${alert.name.toLowerCase()}`, () => head(alert)]));

function head({ severity, for: wait, expr, prevents }) {
  const when = wait === undefined ? 'as soon as this holds' : `when this has held for ${wait}`;
  return `*${severity}*, ${when}:\n\n\`\`\`promql alert\n${expr(SHIPPED)}\n\`\`\`\n\n**Prevents** ${prevents}.`;
}
