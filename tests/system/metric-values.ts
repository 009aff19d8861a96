/** The series of one metric that a service exports, by the value of one of its labels. */
export async function metricValues(url: string, metric: string, label: string): Promise<ReadonlyMap<string, number>> {
  const answer = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(20_000) });
  const values = new Map<string, number>();
  for (const line of (await answer.text()).split('\n')) {
    const [, labels, value] = new RegExp(`^${metric}\\{([^}]*)\\} (\\S+)`).exec(line) ?? [];
    const name = labels === undefined ? undefined : new RegExp(`(?:^|,)${label}="([^"]*)"`).exec(labels)?.[1];
    if (name !== undefined) values.set(name, Number(value));
  }
  return values;
}
