import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Debian's package may have to be fetched first. */
export const FETCHED_WITHIN_MS = 300_000;

interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What a scrape of several processes has, as Prometheus sums it. */
export class Scraped {
  private constructor(
    readonly texts: readonly string[],
    private readonly series: readonly Series[],
  ) {}

  static async from(urls: readonly string[]): Promise<Scraped> {
    const texts = await Promise.all(urls.map(async (url) => (await fetch(`${url}/metrics`)).text()));
    return new Scraped(texts, texts.flatMap(seriesOf));
  }

  /** The sum of all series with these labels; null: there is none. */
  sum(name: string, labels: Readonly<Record<string, string>> = {}): number | null {
    const found = this.find(name, labels);
    return found.length === 0 ? null : found.reduce((sum, { value }) => sum + value, 0);
  }

  /** Sums by these labels, written one after the other; what is 0 is left out. */
  by(name: string, ...labels: readonly string[]): Readonly<Record<string, number>> {
    const sums = new Map<string, number>();
    for (const { labels: has, value } of this.find(name, {})) {
      const key = labels.map((label) => has[label]).join(' ');
      sums.set(key, (sums.get(key) ?? 0) + value);
    }
    return Object.fromEntries([...sums].filter(([, value]) => value !== 0).sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  private find(name: string, labels: Readonly<Record<string, string>>): readonly Series[] {
    const wanted = Object.entries(labels);
    return this.series.filter((each) => each.name === name && wanted.every(([label, value]) => each.labels[label] === value));
  }
}

/** Names of our own metrics in a text, with their types. */
export const declaredIn = (text: string): readonly string[] =>
  [...text.matchAll(/^# TYPE (reprise_\S+ \S+)$/gm)].map(([, declared]) => declared ?? '');

function seriesOf(text: string): readonly Series[] {
  return text.split('\n').flatMap((line): Series[] => {
    const [, name, labels = '', value] = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (name === undefined) return [];
    const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, text]) => [label, text]);
    return [{ name, labels: Object.fromEntries(pairs), value: Number(value) }];
  });
}

let promtool: string | null = null;

/** What Prometheus' own linter says of a text; nothing when all is well. */
export function lint(text: string): string {
  promtool ??= find();
  const { status, stdout, stderr, error } = spawnSync(promtool, ['check', 'metrics'], { input: text, encoding: 'utf8' });
  if (error !== undefined) throw error;
  return status === 0 ? `${stdout}${stderr}` : `${status}: ${stdout}${stderr}`;
}

/** A machine without it is no reason to skip what must hold everywhere. */
function find(): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [`${ROOT}scripts/prometheus-tools.mjs`], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`metrics cannot be linted: ${stderr}`);
  return (JSON.parse(stdout) as { readonly promtool: string }).promtool;
}
