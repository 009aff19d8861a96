import {
  instantText,
  isTimed,
  listInstants,
  localText,
  parseDocument,
  parseInstant,
  parseZone,
  timetableOf,
} from '@reprise/core';
import type { CommandContext } from '../command-context.js';
import { EXIT, UsageError } from '../exit-code.js';
import { sayProblems } from '../print-problems.js';
import { readText } from '../read-argument.js';
import { type OutputFormat, show } from '../session.js';
import { table } from '../table.js';

const MOST = 1_000;

/** The next instants of all schedules and polls in a document, before anybody has registered it. */
export async function previewFile(
  { terminal, exit }: CommandContext,
  file: string,
  query: { readonly count: number; readonly from?: string },
  output: OutputFormat,
): Promise<void> {
  const from = query.from === undefined ? terminal.now() : parseInstant(query.from);
  if (from === null) throw new UsageError(`--from must be a time such as 2030-01-31T09:00:00Z, got "${query.from}"`);
  const parsed = parseDocument(await readText(file));
  if (parsed.kind === 'bad') {
    sayProblems(terminal, file, parsed.problems);
    return exit(EXIT.usage);
  }
  const { name, triggers } = parsed.workflow;
  const items = triggers.flatMap((trigger) => {
    if (!isTimed(trigger)) return [];
    const zone = parseZone(trigger.timezone);
    const instants = listInstants(timetableOf(trigger), from, Number.POSITIVE_INFINITY, Math.min(MOST, query.count));
    return instants.map((instant) => ({
      schedule: `${name}/${trigger.id}`,
      time: instantText(instant),
      local: zone.kind === 'ok' ? localText(zone.zone, instant) : null,
    }));
  });
  if (items.length === 0) terminal.say(`${file}: no schedule of it fires after ${instantText(Math.floor(from))}`);
  const rows = items.map(({ schedule, time, local }) => [schedule, time, local]);
  await show(terminal, output, { items }, () => table(['SCHEDULE', 'TIME', 'LOCAL'], rows));
}
