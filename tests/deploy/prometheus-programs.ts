import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface PrometheusPrograms {
  readonly promtool: string;
  readonly prometheus: string;
  readonly alertmanager: string;
  readonly amtool: string;
}

/** Where they are; fetches them if they are nowhere. */
export function prometheusPrograms(): PrometheusPrograms {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/prometheus-tools.mjs'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}
