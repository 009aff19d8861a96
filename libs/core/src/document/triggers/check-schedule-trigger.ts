import { parseZone, type Zone } from '../../calendar/zone.js';
import { formatDuration } from '../../duration.js';
import { parseCron } from '../../schedule/cron.js';
import { timetableOf } from '../../schedule/timetable.js';
import { compileSchedule } from '../../workflow/compile-schedule.js';
import { isJsonMap } from '../../workflow/read-json.js';
import { CATCH_UPS, DST_FIELDS, GAPS, REPEATS, SCHEDULE_FIELDS, SCHEDULE_OVERLAPS } from '../values/fields.js';
import { type Located, type LocatedEntry, type LocatedMap, toJson } from '../values/located.js';
import type { Report } from '../values/problem.js';
import { readInstant } from '../values/read-instant.js';
import { readEvery, readTimedId, takeTimedId } from '../values/read-timed.js';
import { type Fields, readDuration, readFields, readMap, readOneOf, readText, refuseValue } from '../values/read-value.js';

const TIMINGS = ['cron', 'every', 'at'] as const;
const MOST_INSTANTS = 1_000;
const MOST_JITTER_MS = 86_400_000;

/** `schedule: {…}`; returns its fields, for what every kind of trigger may say. */
export function checkScheduleTrigger(value: Located, ids: Set<string>, report: Report): Fields | null {
  const map = readMap(value, report, 'a map such as { id: nightly, cron: "0 3 * * *" }');
  if (map === null) return null;
  const fields = readFields(map, SCHEDULE_FIELDS, report);
  checkId(map, fields, ids, report);
  const timing = readTiming(map, fields, report);
  const zone = checkZone(fields.get('timezone'), timing, report);
  if (timing !== null) checkTiming(timing, zone, fields, report);
  checkBounds(fields, report);
  const jitter = fields.get('jitter');
  const jitterMs = jitter === undefined ? null : readDuration(jitter.value, report, 0);
  if (jitter !== undefined && jitterMs !== null && jitterMs > MOST_JITTER_MS)
    report.refuse(
      jitter.value,
      `\`jitter\` is longer than ${formatDuration(MOST_JITTER_MS)}`,
      'it spreads firings, it does not move them',
    );
  checkPolicies(fields, report);
  return fields;
}

function checkId(map: LocatedMap, fields: Fields, ids: Set<string>, report: Report): void {
  const id = fields.get('id');
  if (id === undefined) return report.refuse(map, 'the schedule has no `id`', 'a name to pause it by: `id: nightly`');
  const name = readTimedId(id.value, report);
  if (name !== null) takeTimedId(id.value, name, ids, report);
}

/** The one of `cron`, `every` and `at` that says when. */
function readTiming(map: LocatedMap, fields: Fields, report: Report): LocatedEntry | null {
  const given = TIMINGS.flatMap((name) => fields.get(name) ?? []);
  const [first, second] = given;
  if (first === undefined) {
    report.refuse(
      map,
      'the schedule does not say when',
      'give exactly one of `cron: "0 3 * * *"`, `every: 15m`, `at: 2030-01-31T09:00:00Z`',
    );
    return null;
  }
  if (second === undefined) return first;
  const last = given.reduce((a, b) => (a.keyAt.offset > b.keyAt.offset ? a : b));
  const names = given.map(({ key }) => `\`${key}\``).join(' and ');
  report.refuse(last.keyAt, `the schedule has ${names}`, 'give exactly one of them, and write a schedule for each');
  return null;
}

function checkZone(entry: LocatedEntry | undefined, timing: LocatedEntry | null, report: Report): Zone | null {
  if (entry === undefined) return null;
  const name = readText(entry.value, report);
  if (name === null) return null;
  const parsed = parseZone(name.value);
  if (parsed.kind === 'bad') {
    report.refuse(entry.value, parsed.message, parsed.hint);
    return null;
  }
  if (timing !== null && timing.key !== 'cron')
    report.warn(entry.keyAt, `\`timezone\` says nothing about \`${timing.key}\``, 'only a cron expression is read in a zone');
  return parsed.zone;
}

function checkTiming({ key, value }: LocatedEntry, zone: Zone | null, fields: Fields, report: Report): void {
  if (key === 'cron') return checkCron(value, zone, fields, report);
  if (key === 'at') return checkInstants(value, report);
  readEvery(value, report);
}

function checkCron(value: Located, zone: Zone | null, fields: Fields, report: Report): void {
  const text = readText(value, report, 'a cron expression such as "0 3 * * *"');
  if (text === null) return;
  const parsed = parseCron(text.value);
  if (parsed.kind === 'bad') return report.refuse(text, parsed.message, parsed.hint);
  const dst = fields.get('dst')?.value;
  const decided = dst?.kind === 'map' && dst.entries.some((entry) => entry.key === 'repeat');
  if (parsed.everyHour && !decided && zone !== null && hasTimesTwice(zone)) {
    const message = 'in the hour that comes twice when clocks are put back it fires the first time only';
    report.warn(text, message, 'write `dst: { repeat: both }`, or `repeat: first` if that is meant');
  }
}

/** In some year of ours: are clocks put back? */
function hasTimesTwice(zone: Zone): boolean {
  const until = Date.UTC(2031, 0, 1);
  for (let change = zone.nextChange(Date.UTC(2030, 0, 1), until); change !== null; change = zone.nextChange(change.at, until)) {
    if (change.after < change.before) return true;
  }
  return false;
}

function checkInstants(value: Located, report: Report): void {
  const items = value.kind === 'list' ? value.items : [value];
  if (items.length === 0 || items.length > MOST_INSTANTS) {
    refuseValue(value, report, `a time or a list of 1 to ${MOST_INSTANTS} of them`);
    return;
  }
  for (const item of items) readInstant(item, report);
}

function checkBounds(fields: Fields, report: Report): void {
  const start = fields.get('start');
  const end = fields.get('end');
  const startAt = start === undefined ? null : readInstant(start.value, report);
  const endAt = end === undefined ? null : readInstant(end.value, report);
  if (end !== undefined && startAt !== null && endAt !== null && startAt >= endAt)
    report.refuse(end.value, '`end` is not later than `start`', 'between them it could never fire');
}

function checkPolicies(fields: Fields, report: Report): void {
  const catchUp = fields.get('catchUp');
  const catching = catchUp === undefined ? null : readOneOf(catchUp.value, report, CATCH_UPS);
  const overlap = fields.get('overlap');
  const overlapping = overlap === undefined ? 'skip' : readOneOf(overlap.value, report, SCHEDULE_OVERLAPS);
  if (catchUp !== undefined && catching === 'all' && (overlapping === 'skip' || overlapping === 'cancelRunning')) {
    const message = `with \`overlap: ${overlapping}\` only one of the instants caught up on gets a run that is let end`;
    report.warn(catchUp.value, message, 'write `overlap: queue` to run one after the other, or `allow`');
  }
  const dst = fields.get('dst');
  const policies = dst === undefined ? null : readMap(dst.value, report, 'a map with `gap` and `repeat`');
  for (const [name, entry] of policies === null ? [] : readFields(policies, DST_FIELDS, report))
    readOneOf(entry.value, report, name === 'gap' ? GAPS : REPEATS);
}

/** Allowed, because a document may be registered again: an accepted schedule that will never fire. */
export function warnIfOver(value: Located, now: number, report: Report): void {
  const schedule = toJson(value);
  if (isJsonMap(schedule) && timetableOf(compileSchedule(schedule)).next(now) === null)
    report.warn(
      value,
      'it never fires: all its times have passed',
      'for runs of the past, give it times to come and backfill it',
    );
}
