import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { prometheusPrograms, ROOT } from '../deploy/prometheus-programs.js';
import type { Installation, ServiceName } from '../system/installation.js';
import { alertmanagerCommand } from './alertmanager-command.js';
import { Daemon } from './daemon.js';
import { WebhookReceiver } from './webhook-receiver.js';

/** A minute of the rules is a second here. */
const FACTOR = 1 / 60;
/** What Prometheus shows where one is asked for. */
export const SCRAPE_TOKEN = 'a-token-for-prometheus';
const SERVICES = ['monitor', 'trigger', 'scheduler', 'executor'] as const satisfies readonly ServiceName[];

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Rule {
  readonly name: string;
  readonly type: 'alerting' | 'recording';
  readonly query: string;
  readonly health: string;
}

/** Of a query for instant vectors. */
interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data: { readonly result: readonly { readonly metric: Sample['labels']; readonly value: readonly [number, string] }[] };
}

/** A running installation under Prometheus and Alertmanager, with the rules and configurations that ship; only their times are shorter. */
export class Watched {
  private prometheusUrl = '';

  private constructor(
    private readonly reprise: Installation,
    readonly webhook: WebhookReceiver,
    private readonly folder: string,
    private readonly daemons: readonly Daemon[],
  ) {}

  static async start(reprise: Installation): Promise<Watched> {
    const programs = prometheusPrograms();
    const folder = mkdtempSync(path.join(tmpdir(), 'reprise-alerts-'));
    const webhook = await WebhookReceiver.start();
    const daemons: Daemon[] = [];
    const watched = new Watched(reprise, webhook, folder, daemons);
    try {
      writeRules(folder);
      watched.retarget();
      const alertmanager = await Daemon.start('alertmanager', [
        ...alertmanagerCommand(programs.alertmanager),
        `--config.file=${writeAlertmanager(folder, webhook.url)}`,
        `--storage.path=${folder}/alertmanager`,
        '--cluster.listen-address=',
        '--web.listen-address=127.0.0.1:0',
      ]);
      daemons.push(alertmanager);
      const prometheus = await Daemon.start('prometheus', [
        programs.prometheus,
        `--config.file=${writePrometheus(folder, new URL(alertmanager.url).host)}`,
        `--storage.tsdb.path=${folder}/tsdb`,
        '--web.listen-address=127.0.0.1:0',
      ]);
      daemons.push(prometheus);
      watched.prometheusUrl = prometheus.url;
      return watched;
    } catch (error) {
      await watched.end();
      throw error;
    }
  }

  /** What Prometheus answers; no answer is an empty list. */
  async query(expr: string): Promise<readonly Sample[]> {
    const response = await fetch(`${this.prometheusUrl}/api/v1/query`, {
      method: 'POST',
      body: new URLSearchParams({ query: expr }),
    });
    const { status, error, data } = (await response.json()) as Answer;
    if (status !== 'success') throw new Error(`${expr}: ${error}`);
    return data.result.map(({ metric, value: [, value] }) => ({ labels: metric, value: Number(value) }));
  }

  /** The rules as it has read them, and whether it could evaluate them. */
  async rules(): Promise<readonly Rule[]> {
    const { data } = (await (await fetch(`${this.prometheusUrl}/api/v1/rules`)).json()) as {
      readonly data: { readonly groups: readonly { readonly rules: readonly Rule[] }[] };
    };
    return data.groups.flatMap(({ rules }) => rules);
  }

  async firing(): Promise<readonly string[]> {
    return (await this.query('ALERTS{alertstate="firing"}')).map(({ labels }) => labels['alertname'] ?? '');
  }

  /** After services were started: each listens where it could. */
  retarget(): void {
    writeTargets(this.folder, this.reprise);
  }

  tail(): string {
    return this.daemons.map((daemon) => daemon.tail()).join('\n');
  }

  async end(): Promise<void> {
    await Promise.all(this.daemons.map((daemon) => daemon.end()));
    await this.webhook.end();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function writeRules(folder: string): void {
  const args = ['scripts/alerts.mjs', `--factor=${FACTOR}`, `--out=${folder}`];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}

interface ShippedJob {
  readonly job_name: string;
  readonly authorization: object;
  readonly dns_sd_configs: unknown;
}

/** In one step: Prometheus reads the files when they change. */
function writeTargets(folder: string, reprise: Installation): void {
  mkdirSync(`${folder}/targets`, { recursive: true });
  for (const service of SERVICES) {
    const targets = reprise.all(service).map(({ url }) => new URL(url).host);
    writeFileSync(`${folder}/${service}.partial`, JSON.stringify([{ targets }]));
    renameSync(`${folder}/${service}.partial`, `${folder}/targets/${service}.json`);
  }
}

/** The one that ships, asking every second, with services found in files instead of by DNS, and its token elsewhere. */
function writePrometheus(folder: string, alertmanager: string): string {
  const shipped = parse(readFileSync(`${ROOT}deploy/prometheus/prometheus.yml`, 'utf8'));
  writeFileSync(`${folder}/token`, SCRAPE_TOKEN);
  const jobs = shipped.scrape_configs.map(({ dns_sd_configs, authorization, job_name, ...job }: ShippedJob) => ({
    ...job,
    job_name,
    authorization: { ...authorization, credentials_file: `${folder}/token` },
    file_sd_configs: [{ files: [`${folder}/targets/${job_name.replace('reprise-', '')}.json`], refresh_interval: '1s' }],
  }));
  return write(`${folder}/prometheus/prometheus.yml`, {
    ...shipped,
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] },
    scrape_configs: jobs,
  });
}

/** The one that ships, told where to send, and without its patience. */
function writeAlertmanager(folder: string, url: string): string {
  const { route, receivers, ...shipped } = parse(readFileSync(`${ROOT}deploy/prometheus/alertmanager.yml`, 'utf8'));
  const soon = { group_wait: '1s', group_interval: '1s' };
  return write(`${folder}/alertmanager.yml`, {
    ...shipped,
    route: { ...route, ...soon, routes: route.routes.map((each: object) => ({ ...each, ...soon })) },
    receivers: receivers.map(({ name }: { readonly name: string }) => ({
      name,
      webhook_configs: [{ url, send_resolved: true }],
    })),
  });
}

function write(file: string, content: unknown): string {
  writeFileSync(file, stringify(content));
  return file;
}
