import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { instantText, listInstants, parseDocument, timetableOf } from '@reprise/core';
import { ROOT } from './pages.js';

const ROW = /^\| `([^`]+)` \| (\S+) \| (\d{4}-\d\d-\d\d) \| `(skip|shift)`, `(first|both)` \| (.+) \|$/gm;
const DAY_MS = 86_400_000;

const rows = [...readFileSync(`${ROOT}/docs/schedules.md`, 'utf8').matchAll(ROW)];

test('there are rows about clocks that change', () => {
  expect(rows.length).toBeGreaterThanOrEqual(6);
});

test.each(rows.map(([, ...cells]) => cells))('%s in %s around %s with %s, %s', (cron, timezone, day, gap, repeat, expected) => {
  const schedule = { id: 's', cron, timezone, dst: { gap, repeat } };
  const parsed = parseDocument(JSON.stringify({ workflow: 'w', on: [{ schedule }], tasks: { a: { call: 'x' } } }));
  const trigger = parsed.kind === 'ok' ? parsed.workflow.triggers[0] : undefined;
  if (trigger?.kind !== 'schedule') throw new Error(JSON.stringify(parsed));
  const local = (offset: number): number => Date.parse(`${day}T00:00:00Z`) + offset * DAY_MS;
  const around = listInstants(timetableOf(trigger), local(-2), local(3), 100).map(instantText);
  const told = (expected ?? '').split(', ');
  const first = around.indexOf(told[0] ?? '');
  expect(around.slice(first, first + told.length)).toEqual(told);
});
