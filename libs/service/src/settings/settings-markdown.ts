import { SETTING_FAMILIES, SETTINGS_TABLE, type SettingRow } from './settings-table.js';

/** The settings as a Markdown table, for the documentation. */
export function settingsTable(): string {
  const rows: readonly SettingRow<unknown>[] = Object.values(SETTINGS_TABLE);
  return [
    '| variable | meaning | default | allowed | read by |',
    '|---|---|---|---|---|',
    ...rows.map(
      (row) =>
        `| \`${row.name}\` | ${row.what} | ${row.fallback === '' ? '—' : `\`${row.fallback}\``} | ${row.allowed} | ${readers(row)} |`,
    ),
    ...SETTING_FAMILIES.map((family) => `| \`${family.shown}\` | ${family.what} | — | | ${family.usedBy.join(', ')} |`),
    '',
  ].join('\n');
}

function readers(row: SettingRow<unknown>): string {
  const services = row.usedBy.filter((user) => user !== 'cli');
  const names = services.length === 4 ? ['all four'] : services;
  return [...names, ...(row.usedBy.includes('cli') ? ['cli'] : [])].join(', ');
}
