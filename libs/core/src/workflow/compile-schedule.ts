import { parseInstant } from '../calendar/instant-text.js';
import type { Json } from '../json.js';
import { compileStart } from './compile-start.js';
import { expectText, isJsonMap, type JsonMap, readDurationMs, readWord, UnacceptedDocument } from './read-json.js';
import type { ScheduleTrigger, Timing } from './trigger.js';

export function compileSchedule(map: JsonMap): ScheduleTrigger {
  const { id, timezone, jitter, start, end, catchUp, overlap, dst } = map;
  const { gap, repeat }: JsonMap = isJsonMap(dst) ? dst : {};
  return {
    kind: 'schedule',
    id: expectText(id, '`id`'),
    timing: compileTiming(map),
    timezone: timezone === undefined ? 'UTC' : expectText(timezone, '`timezone`'),
    jitterMs: jitter === undefined ? 0 : readDurationMs(jitter),
    startAt: start === undefined ? null : readInstant(start),
    endAt: end === undefined ? null : readInstant(end),
    catchUp: readWord(catchUp, ['last', 'none', 'all']),
    overlap: readWord(overlap, ['skip', 'queue', 'allow', 'cancelRunning']),
    dst: { gap: readWord(gap, ['shift', 'skip']), repeat: readWord(repeat, ['first', 'both']) },
    ...compileStart(map),
  };
}

function compileTiming({ cron, every, at }: JsonMap): Timing {
  if (cron !== undefined) return { kind: 'cron', expression: expectText(cron, '`cron`') };
  if (every !== undefined) return { kind: 'every', everyMs: readDurationMs(every) };
  return { kind: 'at', instants: (Array.isArray(at) ? at : [at]).map(readInstant) };
}

function readInstant(value: Json | undefined): number {
  const instant = parseInstant(expectText(value, 'a time'));
  if (instant === null) throw new UnacceptedDocument(`${JSON.stringify(value)} is not a time`);
  return instant;
}
