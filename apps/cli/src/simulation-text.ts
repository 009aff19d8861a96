import type { OutcomeView, RetrySimulationView } from '@reprise/client';
import { fields, table } from './table.js';
import { printable } from './terminal.js';
import { spanText } from './time-text.js';

/** Attempts shown of a code; JSON has them all. */
const SHOWN_ATTEMPTS = 6;
const SHOWN_CODES = 15;

/** The report as a person reads it: what it is about, before and after side by side, the codes, what to do. */
export function simulationText(report: RetrySimulationView): string {
  const parts = [headOf(report)];
  if (report.tasks === 0) return [...parts, 'Nothing was recorded to replay.'].join('\n\n');
  parts.push(comparison(report));
  if (report.codes.length > 0) parts.push(codeTable(report));
  const advice = report.advice.map(({ text }) => `• ${printable(text)}`);
  return [...parts, ...(advice.length === 0 ? [] : [advice.join('\n')])].join('\n\n');
}

function headOf({
  workflow,
  version,
  task,
  since,
  runs,
  tasks,
  attempts,
  leftOut,
  deviating,
  truncated,
}: RetrySimulationView): string {
  const skipped = Object.entries({ open: leftOut.open, cancelled: leftOut.cancelled, 'tried too often': leftOut.tooLong })
    .filter(([, number]) => number > 0)
    .map(([name, number]) => `${number} ${name}`);
  return fields({
    Workflow: version === null ? workflow : `${workflow}@${version}`,
    Task: task,
    Since: since,
    Replayed: `${tasks} tasks of ${runs} runs, ${attempts} attempts${truncated ? ' (the newest)' : ''}`,
    'Left out': skipped.join(', '),
    Deviating: deviating === 0 ? null : `${deviating} tasks did not go as the policy in force says, as far as it is known`,
  });
}

function comparison({ before, after, estimate }: RetrySimulationView): string {
  const line = (name: string, of: (outcome: OutcomeView) => string, change: string): readonly string[] => [
    name,
    of(before),
    of(after),
    change,
  ];
  const counted = (name: string, of: (outcome: OutcomeView) => number): readonly string[] =>
    line(name, (outcome) => String(of(outcome)), signed(of(after) - of(before)));
  const expected = `about ${Math.round(estimate.succeeded)} would succeed at once`;
  const waits = (of: 'mean' | 'p95') => (outcome: OutcomeView) =>
    outcome.addedLatencyMs === null ? '-' : spanText(outcome.addedLatencyMs[of]);
  const rows = [
    line('success rate', rateText, ''),
    counted('succeeded', ({ succeeded }) => succeeded),
    counted('failed', ({ failed }) => failed),
    ...(before.parked + after.parked === 0 ? [] : [counted('parked', ({ parked }) => parked)]),
    ...(after.unknown === 0
      ? []
      : [line('unknown', ({ unknown }) => String(unknown), estimate.unfounded === after.unknown ? '' : expected)]),
    counted('calls', ({ calls }) => calls),
    line('added latency, mean', waits('mean'), ''),
    line('added latency, p95', waits('p95'), ''),
    line('peak retries', ({ peakRetries: peak }) => (peak === null ? '-' : `${peak.perSecond}/s`), ''),
  ];
  return table(
    ['', 'RECORDED', 'THIS POLICY', 'CHANGE'],
    rows.map((row) => row.map((cell) => (cell === '' ? ' ' : cell))),
  );
}

function codeTable({ codes }: RetrySimulationView): string {
  const rows = codes.slice(0, SHOWN_CODES).map(({ code, failures, retried, recovered, byAttempt }) => [
    code,
    String(failures),
    String(retried),
    retried === 0 ? '-' : `${recovered} (${percent(recovered / retried)})`,
    byAttempt
      .slice(0, SHOWN_ATTEMPTS)
      .map((as) => `#${as.attempt} ${as.recovered}/${as.retried}`)
      .join('  ') + (byAttempt.length > SHOWN_ATTEMPTS ? '  …' : ''),
  ]);
  const more = codes.length > SHOWN_CODES ? `\n… and ${codes.length - SHOWN_CODES} more codes: -o json` : '';
  return `${table(['AFTER CODE', 'FAILURES', 'RETRIED', 'RECOVERED', 'BY ATTEMPT'], rows)}${more}`;
}

function rateText({ successRate }: OutcomeView): string {
  if (successRate === null) return '-';
  const { least, most } = successRate;
  return least === most ? percent(least) : `${percent(least)} to ${percent(most)}`;
}

const percent = (share: number): string => `${(share * 100).toFixed(1)}%`;

const signed = (change: number): string => (change === 0 ? '' : change > 0 ? `+${change}` : String(change));
