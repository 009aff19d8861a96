import type { DoctorReport, Finding, SkippedCheck } from '@reprise/contracts';
import { printable } from './terminal.js';

/** The report as a person reads it: worst first, each with what to do. */
export function doctorText({ findings, skipped, checked }: DoctorReport): string {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const warnings = findings.length - errors;
  const verdict = `${checked} checks: ${counted(errors, 'error')}, ${counted(warnings, 'warning')}${
    skipped.length === 0 ? '' : `, ${skipped.length} skipped`
  }`;
  return [...findings.map(findingText), ...skipped.map(skippedText), verdict].join('\n\n');
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

function findingText({ severity, rule, about, what, prevents, mend }: Finding): string {
  const head = `${severity.toUpperCase()} ${rule}${about === null ? '' : ` · ${about}`}`;
  return lines(head, [what, `why it matters: ${prevents}`, `mend it: ${mend}`]);
}

const skippedText = ({ check, why, enable }: SkippedCheck): string => lines(`SKIPPED ${check}`, [why, `to check it: ${enable}`]);

const lines = (head: string, body: readonly string[]): string =>
  [printable(head), ...body.map((line) => `  ${printable(line)}`)].join('\n');
