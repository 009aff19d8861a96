import { describe, expect, test } from '@jest/globals';
import { durationMs } from './parse-setting.js';
import { readSettings, SettingsError } from './settings.js';
import { SETTINGS_TABLE, type SettingsReader } from './settings-table.js';

const ROWS = Object.entries(SETTINGS_TABLE).map(([key, row]) => ({ ...row, key }));
const readerOf = ({ usedBy }: { readonly usedBy: readonly string[] }): SettingsReader =>
  usedBy.some((user) => user !== 'cli') ? 'all' : 'cli';

/** What is wrong with this one value of this one variable; null: nothing. */
function refusal(row: (typeof ROWS)[number], value: string): string | null {
  try {
    readSettings({ [row.name]: value }, readerOf(row));
    return null;
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    expect(error.problems.map(({ name }) => name)).toEqual([row.name]);
    return error.problems[0]?.message ?? '';
  }
}

describe.each(ROWS)('$name', (row) => {
  test('refuses what it cannot be, names itself and what is allowed, and keeps to itself what is secret', () => {
    const odd = ['no such thing\u0001', '\0', 'ftp://user:pass-word@host', '1.5.x y', '{"a": 1}'];
    const refused = odd.flatMap((value) => refusal(row, value) ?? []);
    expect(refused.length).toBeGreaterThan(0);
    for (const message of refused) {
      expect(message).toMatch(new RegExp(`^${row.name} is .*; it must be .{4,}`, 's'));
      expect(message).not.toMatch(/undefined|\bNaN\b|\[object|\n\s+at /);
      if ('hide' in row) expect(message).not.toContain('pass-word');
    }
  });

  test('set to nothing is not set', () => {
    expect(refusal(row, '')).toBeNull();
    const reader = readerOf(row);
    const shown = (env: Record<string, string>) => JSON.stringify(readSettings(env, reader));
    expect(shown({ [row.name]: '' })).toBe(shown({}));
  });

  test('misspelt, it is asked for by its right name', () => {
    if (!row.name.startsWith('REPRISE_')) return;
    const misspelt = `${row.name.slice(0, -2)}${row.name.slice(-1)}`;
    const { warnings } = readSettings({ [misspelt]: 'x' }, readerOf(row));
    expect(warnings).toEqual([
      expect.stringMatching(new RegExp(`^${misspelt} is set, but Reprise knows no such variable; did you mean REPRISE_`)),
    ]);
  });
});

const NUMBERS = ROWS.flatMap((row) => {
  const [, least, most] = /^(\d+)–(\d+)(?:$|;)/.exec(row.allowed) ?? [];
  return least === undefined || most === undefined ? [] : [{ row, name: row.name, least: Number(least), most: Number(most) }];
});

test.each(NUMBERS)('$name is a whole number from $least to $most', ({ row, least, most }) => {
  // With all four in one process the port is the first of four.
  const largest = row.name === 'REPRISE_PORT' ? most - 3 : most;
  for (const fits of [least, largest]) expect(refusal(row, String(fits))).toBeNull();
  for (const wrong of [least - 1, most + 1, least + 0.5, 'many', '1e3', ' 5', '٣'])
    expect(refusal(row, String(wrong))).toContain('must be');
});

const DURATIONS = ROWS.flatMap((row) => {
  const [, least = '', most = ''] = /^(\d+(?:ms|s|m|h|d))–(\d+(?:ms|s|m|h|d))$/.exec(row.allowed) ?? [];
  return least === '' ? [] : [{ row, name: row.name, least, most }];
});

test.each(DURATIONS)('$name is a duration from $least to $most, with its unit', ({ row, least, most }) => {
  for (const fits of [least, most]) expect(refusal(row, fits)).toBeNull();
  const above = `${(durationMs(most) ?? 0) + 1}ms`;
  const below = (durationMs(least) ?? 0) > 0 ? [`${(durationMs(least) ?? 0) - 1}ms`] : [];
  for (const wrong of [...below, above, '15', '-1s', '1 h', 'soon', '1w'])
    expect(refusal(row, wrong)).toContain('a duration with its unit');
});

test('most settings are one or the other: the patterns above still fit the table', () => {
  expect(NUMBERS.length).toBeGreaterThan(10);
  expect(DURATIONS.length).toBeGreaterThan(4);
});
