import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { alertRules } from './alert-rules.js';
import { ROOT } from './prometheus-programs.js';

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: { readonly uid: string };
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly links?: readonly { readonly url: string }[];
  readonly targets?: readonly { readonly refId: string; readonly datasource: { readonly uid: string } }[];
}

interface Dashboard {
  readonly uid: string;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string }[] };
}

const FOLDER = `${ROOT}deploy/grafana/dashboards/`;
const files = readdirSync(FOLDER);
const read = (name: string): Dashboard => JSON.parse(readFileSync(FOLDER + name, 'utf8'));
const cells = ({ gridPos: { x, y, w, h } }: Panel): readonly string[] =>
  Array.from({ length: w * h }, (_, at) => `${x + (at % w)}/${y + Math.floor(at / w)}`);

test('four dashboards, each found by its own uid', () => {
  expect(files.map((name) => read(name).uid).sort()).toEqual(files.map((name) => name.replace('.json', '')).sort());
  expect(files).toHaveLength(4);
});

test.each(files)('%s: every panel says what it shows, in which unit, and asks the chosen Prometheus', (name) => {
  const { panels } = read(name);
  const shown = panels.filter(({ type }) => type !== 'row');
  expect(shown.length).toBeGreaterThan(7);
  for (const { title, description = '', fieldConfig, datasource, targets = [] } of shown) {
    expect([title, description]).toEqual([title, expect.stringMatching(/\w.{20,}[.]$/)]);
    expect([title, fieldConfig?.defaults.unit]).toEqual([title, expect.stringMatching(/^(short|s|ops|percentunit|bytes)$/)]);
    expect([datasource, ...targets.map((each) => each.datasource)].every((each) => each?.uid === '${source}')).toBe(true);
    expect(targets.length).toBeGreaterThan(0);
    expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
  }
});

test.each(files)('%s: panels have ids of their own, and none lies over another or beside the page', (name) => {
  const { panels, templating } = read(name);
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const taken = panels.flatMap(cells);
  expect(taken.filter((cell) => Number(cell.split('/')[0]) >= 24)).toEqual([]);
  expect(new Set(taken).size).toBe(taken.length);
  const text = readFileSync(FOLDER + name, 'utf8');
  const used = [...text.matchAll(/\$\{?(workflow|queue|service|source)\b/g)].map(([, variable]) => variable);
  expect([...new Set(used)].sort()).toEqual(templating.list.map((variable) => variable.name).sort());
});

test('every alert is linked from the panel that shows it', () => {
  const linked = files.flatMap((name) => read(name).panels.flatMap(({ links = [] }) => links.map(({ url }) => url)));
  const missing = alertRules().filter(({ annotations }) => !linked.includes(annotations['runbook_url'] ?? ''));
  expect(missing.map(({ alert }) => alert)).toEqual([]);
});
