import { readdirSync, readFileSync } from 'node:fs';
import { ROOT } from '../deploy/prometheus-programs.js';
import { blocksOf, pages } from '../docs/pages.js';

interface Dashboard {
  readonly title: string;
  readonly panels: readonly { readonly title: string; readonly targets?: readonly { readonly expr: string }[] }[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly query?: unknown }[] };
}

export interface Shown {
  /** Dashboard and panel. */
  readonly where: string;
  readonly expr: string;
}

const FOLDER = `${ROOT}deploy/grafana/dashboards/`;

export const dashboards = (): readonly Dashboard[] =>
  readdirSync(FOLDER).map((name) => JSON.parse(readFileSync(FOLDER + name, 'utf8')));

/** What the panels ask for, as Grafana asks it with everything chosen. */
export const shown = (): readonly Shown[] =>
  dashboards().flatMap(({ title, panels, templating }) => [
    ...panels.flatMap((panel) =>
      (panel.targets ?? []).map(({ expr }) => ({ where: `${title}, ${panel.title}`, expr: asGrafanaAsks(expr) })),
    ),
    ...templating.list.flatMap(({ name, query }) => {
      const [, metric, label] = /^label_values\((\w+), (\w+)\)$/.exec(String(query)) ?? [];
      return metric === undefined ? [] : [{ where: `${title}, variable ${name}`, expr: `${metric}{${label}!=""}` }];
    }),
  ]);

/** Queries that pages recommend; those of alerts are looked at as alerts. */
export const recommended = (): readonly string[] =>
  pages()
    .flatMap(blocksOf)
    .filter(({ language, marks }) => language === 'promql' && !marks.includes('alert'))
    .flatMap(({ text }) => text.trim().split('\n').flatMap(comparedIn));

const asGrafanaAsks = (expr: string): string =>
  expr.replaceAll('$__rate_interval', '4s').replace(/\$(workflow|queue|service)\b/g, '.*');

/** Every vector that an alert's expression reads: metric and labels, without functions and comparisons. */
export const vectorsOf = (expr: string): readonly string[] => [
  ...new Set(expr.match(/(?:\b[a-z]+:)?\b(?:reprise|up)(?:[_:][a-z0-9_:]+)?(?:\{[^}]*\}|\b)/g) ?? []),
];

/** The values that an alert compares: what is left without the comparisons, each side of and, or, unless for itself. */
export const comparedIn = (expr: string): readonly string[] =>
  expr
    .split(/ (?:and|or|unless) /)
    .filter((part) => !part.startsWith('absent('))
    .flatMap((part) => part.split(/ (?:[<>]=?|==) /))
    .map((side) => side.replace(/^5 \* /, ''))
    .filter((side) => /[a-z]/.test(side));
