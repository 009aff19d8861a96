import { Cron } from 'croner';

/** The local times of a cron expression: milliseconds as if they were UTC. Which instants they are is a matter of zones and policy. */
export interface LocalTimes {
  /** The first one later than `local`, which need not be a whole second. */
  next(local: number): number | null;
}

export type ParsedCron =
  | { readonly kind: 'ok'; readonly times: LocalTimes; readonly everyHour: boolean }
  | { readonly kind: 'bad'; readonly message: string; readonly hint: string };

const FIELDS = [
  ['second', '0 to 59'],
  ['minute', '0 to 59'],
  ['hour', '0 to 23'],
  ['day of the month', '1 to 31, L (the last one), LW (its last weekday), 15W (the weekday nearest to the 15th)'],
  ['month', '1 to 12 or JAN to DEC'],
  ['day of the week', '0 to 7 (0 and 7 are Sunday) or SUN to SAT; FRI#2 is the second Friday of the month, 5L the last'],
] as const;

const SHAPE = 'five fields: minute, hour, day of the month, month, day of the week; six when seconds come first';
const NICKNAMES = ['@hourly', '@daily', '@midnight', '@weekly', '@monthly', '@yearly', '@annually'];
const LONGEST = 200;

/** Some local time to search from: whatever ever matches does so within some years of it. */
const SOME_DAY = Date.UTC(2024, 0, 1);

/**
 * Reads a cron expression of five fields, or six with seconds. Where both days are given, either will do, as in every other cron.
 * The library parses and finds matching times of a calendar without zones: clock changes are ours, so that the policy is the one that was written.
 */
export function parseCron(text: string): ParsedCron {
  const wanted = text.trim();
  if (wanted.length > LONGEST) return bad(`a cron expression of ${text.length} characters`, `at most ${LONGEST}`);
  if (wanted.startsWith('@')) return parseNickname(wanted);
  const fields = wanted.split(/\s+/);
  if (fields.length !== 5 && fields.length !== 6) return bad(countMessage(wanted, fields), SHAPE);
  const named = FIELDS.slice(6 - fields.length);
  const wrong = fields.findIndex((field, index) => !isReadable(replaced(fields.length, index, field)));
  const name = named[wrong];
  if (name !== undefined)
    return bad(`${JSON.stringify(fields[wrong])} is not ${name[0] === 'hour' ? 'an' : 'a'} ${name[0]}`, fieldHint(name));
  const times = timesOf(wanted);
  if (times.next(SOME_DAY) === null) return bad(`"${wanted}" never fires`, 'no month it names has such a day');
  return { kind: 'ok', times, everyHour: fields.at(-4)?.startsWith('*') === true };
}

function parseNickname(text: string): ParsedCron {
  const name = text.toLowerCase();
  if (NICKNAMES.includes(name)) return { kind: 'ok', times: timesOf(name), everyHour: name === '@hourly' };
  const every = /^@every\s+(\S+)$/.exec(name)?.[1];
  const hint =
    every === undefined ? `one of ${NICKNAMES.join(', ')}, or ${SHAPE}` : `write \`every: ${every}\` instead of \`cron\``;
  return bad(`${JSON.stringify(text)} is not known`, hint);
}

function countMessage(text: string, fields: readonly string[]): string {
  if (text === '') return 'the cron expression is empty';
  const count = fields.length === 1 ? 'one field' : `${fields.length} fields`;
  return `"${text}" has ${count}${fields.length === 7 ? ', and years are not among them' : ''}`;
}

const fieldHint = ([name, range]: (typeof FIELDS)[number]): string =>
  `${name}: ${range}; lists 1,15, ranges 1-5, steps */10 or 0-30/10, * for all`;

/** An expression in which only one field can be wrong. */
const replaced = (count: number, index: number, field: string): string =>
  Array.from({ length: count }, (_, position) => (position === index ? field : '*')).join(' ');

function isReadable(expression: string): boolean {
  try {
    timesOf(expression);
    return true;
  } catch {
    return false;
  }
}

/** In a zone that never changes its clocks. */
function timesOf(expression: string): LocalTimes {
  const cron = new Cron(expression, { mode: '5-or-6-parts', utcOffset: 0, paused: true });
  return { next: (local) => cron.nextRun(new Date(local))?.getTime() ?? null };
}

const bad = (message: string, hint: string): ParsedCron => ({ kind: 'bad', message, hint });
