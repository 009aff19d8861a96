import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { readSettings, SETTINGS_TABLE, type ServiceName } from '@reprise/service';
import { parse } from 'yaml';
import { refusedBySchema, refusedByTypes } from './chart/check-manifests.js';
import { CHART, chartValues, checkValues, type Manifest, renderChart, renderTexts } from './chart/render-chart.js';
import { VALUE_CASES } from './chart/value-cases.js';

/* The chart is rendered with everything it can do, and each manifest is held against the schema of its API. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SERVICES = ['monitor', 'trigger', 'scheduler', 'executor'];
const [MINIMAL = '', , SCALED = '', SEEN = '', STOPPED = ''] = Object.keys(VALUE_CASES);
const rendered = new Map(Object.entries(VALUE_CASES).map(([name, values]) => [name, renderChart(values)]));
const of = (name: string, kind: string): readonly Manifest[] =>
  (rendered.get(name) ?? []).filter((manifest) => manifest.kind === kind);
const one = (name: string, kind: string, called: string): Manifest => {
  const found = of(name, kind).find(({ metadata }) => metadata.name === called);
  if (found === undefined) throw new Error(`no ${kind} ${called}`);
  return found;
};
const podOf = (deployment: Manifest) => deployment.spec.template.spec;

describe.each([...rendered.keys()])('with %s', (name) => {
  const manifests = rendered.get(name) ?? [];

  test('every manifest is what the schema of its API allows', () => {
    expect(manifests.length).toBeGreaterThan(8);
    expect(manifests.flatMap((manifest) => refusedBySchema(manifest) ?? [])).toEqual([]);
  });

  test('no two have one name, and none is longer than a label may be', () => {
    const names = manifests.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    expect(new Set(names).size).toBe(names.length);
    for (const { metadata } of manifests) expect(metadata.name.length).toBeLessThanOrEqual(63);
  });

  test('every selector finds the pods it is for', () => {
    const pods = of(name, 'Deployment').map((deployment) => deployment.spec.template.metadata.labels as Record<string, string>);
    const matches = (selector: Record<string, string>): number =>
      pods.filter((labels) => Object.entries(selector).every(([key, value]) => labels[key] === value)).length;
    for (const { spec } of of(name, 'Deployment')) expect(matches(spec.selector.matchLabels)).toBe(1);
    for (const { spec } of of(name, 'PodDisruptionBudget')) expect(matches(spec.selector.matchLabels)).toBe(1);
    for (const { spec } of of(name, 'Service')) expect(matches(spec.selector)).toBeGreaterThan(0);
  });

  test('what the pods are told is allowed, and asked of the settings themselves', () => {
    const [config] = of(name, 'ConfigMap');
    const servers = { DATABASE_URL: 'postgres://db/reprise', AMQP_URL: 'amqp://mq', REPRISE_TOKEN: 'a'.repeat(48) };
    for (const deployment of of(name, 'Deployment')) {
      const [container] = podOf(deployment).containers;
      const own = (container.env ?? []).map(({ name, value }: { name: string; value: string }) => [name, value]);
      const settings = readSettings(
        { ...(config?.['data'] as object), ...Object.fromEntries(own), ...servers },
        container.args[0],
      );
      expect([container.args, settings.warnings, settings.host]).toEqual([[expect.any(String)], [], '0.0.0.0']);
      expect(podOf(deployment).terminationGracePeriodSeconds * 1_000).toBeGreaterThanOrEqual(settings.drainMs + 30_000);
    }
  });

  test('pods have no rights that they do not need', () => {
    for (const deployment of of(name, 'Deployment')) {
      const { securityContext, containers, automountServiceAccountToken } = podOf(deployment);
      expect(automountServiceAccountToken).toBe(false);
      expect(securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } });
      for (const { securityContext } of containers) {
        expect(securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
      }
    }
  });
});

test('no manifest has a field that its API does not know', () => {
  const all = [...rendered.values()].flat();
  expect(refusedByTypes(all, ROOT)).toEqual([]);
  const [deployment] = of(MINIMAL, 'Deployment');
  const misspelled = { ...deployment, spec: { ...deployment?.spec, replcas: 2 } } as Manifest;
  expect(refusedByTypes([misspelled], ROOT).join()).toContain('replcas');
});

test('the schemas are no rubber stamps', () => {
  const [deployment] = of(MINIMAL, 'Deployment');
  expect(refusedBySchema({ ...deployment, spec: { ...deployment?.spec, replicas: 'two' } } as Manifest)).toContain('replicas');
  const [scaled] = of(SCALED, 'ScaledObject');
  expect(refusedBySchema({ ...scaled, spec: { triggers: 'none' } } as Manifest)).toContain('ScaledObject');
});

test('four services and their executors, each with probes, and as many as they should be', () => {
  const called = of(MINIMAL, 'Deployment').map(({ metadata, spec }) => [metadata.name, spec.replicas]);
  expect(called).toEqual(
    expect.arrayContaining([
      ...SERVICES.slice(0, 3).map((name) => [`rel-reprise-${name}`, 2]),
      ['rel-reprise-executor-default', 2],
    ]),
  );
  for (const deployment of of(MINIMAL, 'Deployment')) {
    const [container] = podOf(deployment).containers;
    expect(container.livenessProbe.httpGet.path).toBe('/healthz');
    expect(container.readinessProbe.httpGet.path).toBe('/readyz');
    expect(container.ports[0].containerPort).toBe(readSettings({}, container.args[0] as ServiceName).port);
  }
});

test('executors are scaled by what waits and what runs, each entry by its own queues', () => {
  const [scaled] = of(SCALED, 'ScaledObject');
  const { metadata } = scaled?.spec.triggers[0] ?? {};
  expect(metadata.query).toBe(
    '(sum(reprise_queue_depth{namespace="prod",queue=~"default|mail-out"}) or 0 * max(reprise_leader{namespace="prod",role="monitor"} == 1))' +
      ' + (sum(reprise_executor_slots{namespace="prod",state="busy",reprise_executor="default"}) or vector(0))',
  );
  expect([metadata.threshold, scaled?.spec.minReplicaCount, scaled?.spec.maxReplicaCount]).toEqual(['100', 1, 40]);
  expect(scaled?.spec.scaleTargetRef.name).toBe('rel-reprise-executor-default');
  expect(one(SCALED, 'Deployment', 'rel-reprise-executor-default').spec.replicas).toBeUndefined();
  expect(of(SCALED, 'ScaledObject')).toHaveLength(1);
  const builds = podOf(one(SCALED, 'Deployment', 'rel-reprise-executor-builds')).containers[0];
  expect(builds.env).toEqual(
    expect.arrayContaining([
      { name: 'REPRISE_QUEUES', value: 'builds' },
      { name: 'REPRISE_HANDLERS', value: 'shell' },
    ]),
  );
  expect(builds.resources.requests).toEqual({ cpu: 2, memory: '2Gi' });
});

test('shell and script are not hosted unless they are named', () => {
  for (const deployment of of(MINIMAL, 'Deployment').filter(({ metadata }) => metadata.name.includes('executor'))) {
    expect(podOf(deployment).containers[0].env).toContainEqual({ name: 'REPRISE_HANDLERS', value: 'http,sql,publish' });
  }
});

test('stopped, nothing runs and nobody starts it', () => {
  expect(of(STOPPED, 'Deployment').map(({ spec }) => spec.replicas)).toEqual([0, 0, 0, 0]);
  expect(of(STOPPED, 'ScaledObject')).toEqual([]);
});

test('Prometheus is given the token, tells executors apart, and calls the jobs what the alerts call them', () => {
  const [monitor] = of(SEEN, 'ServiceMonitor');
  expect(monitor?.spec.endpoints[0].authorization.credentials).toEqual({ name: 'reprise-servers', key: 'REPRISE_TOKEN' });
  expect(monitor?.spec.podTargetLabels).toEqual(['reprise_executor']);
  const jobs = of(SEEN, 'Service').map(({ metadata }) => metadata.labels?.[monitor?.spec.jobLabel]);
  const scraped = readFileSync(path.join(ROOT, 'deploy/prometheus/prometheus.yml'), 'utf8').matchAll(/job_name: (\S+)/g);
  expect(jobs.sort()).toEqual([...scraped].map(([, job]) => job).sort());
});

test('a Secret is made only where none is named, and of nothing that was not given', () => {
  expect(of(MINIMAL, 'Secret')).toHaveLength(1);
  expect(of(SEEN, 'Secret')).toEqual([]);
  expect(() => renderChart({})).toThrow('secret.databaseUrl is needed, or existingSecret');
});

describe('values.schema.json', () => {
  test('refuses what the chart does not know', () => {
    for (const wrong of [
      { replicas: 3 },
      { config: { REPRISE_CONCURENCY: '5' } },
      { config: { REPRISE_LEASE: 30 } },
      { config: { REPRISE_TOKEN: 'a'.repeat(20) } },
      { secret: { token: 'short' } },
      { executors: [] },
      { executors: [{ name: 'Default', queues: ['default'] }] },
      { executors: [{ name: 'default', queues: [] }] },
    ]) {
      expect(() => checkValues({ ...chartValues(), ...wrong })).toThrow();
    }
    expect(() => checkValues(chartValues())).not.toThrow();
  });

  test('knows every setting that the chart does not make itself', () => {
    const made = ['TOKEN', 'TOKENS', 'HOST', 'PORT', 'PUBLIC_HOSTS', 'DRAIN', 'TRIGGER_URL', 'QUEUES', 'CONCURRENCY', 'HANDLERS'];
    const elsewhere = [...made, 'SQL_URL', 'URL', 'FAULTS'].map((name) => `REPRISE_${name}`);
    const settings = Object.values(SETTINGS_TABLE).flatMap(({ name }) => (name.startsWith('REPRISE_') ? [name] : []));
    const allowed = settings.filter((name) => !elsewhere.includes(name));
    const refused = settings.filter((name) => elsewhere.includes(name));
    const takes = (name: string) => () => checkValues({ ...chartValues(), config: { [name]: '1' } });
    for (const name of allowed) expect(takes(name)).not.toThrow();
    for (const name of refused) expect(takes(name)).toThrow();
  });
});

test('the values that the guide shows are allowed', () => {
  const guide = readFileSync(path.join(ROOT, 'docs/operations/deploy-kubernetes.md'), 'utf8');
  const blocks = [...guide.matchAll(/```yml values\n([\s\S]*?)```/g)].map(
    ([, text]) => parse(text ?? '') as Record<string, unknown>,
  );
  expect(blocks).toHaveLength(1);
  for (const values of blocks) expect(renderChart({ existingSecret: 'servers', ...values }).length).toBeGreaterThan(8);
  const documented = [...guide.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, names]) =>
    [...(names ?? '').matchAll(/`(\w+)/g)].map(([, name]) => name),
  );
  for (const name of Object.keys(chartValues()).filter((each) => !each.endsWith('Override'))) expect(documented).toContain(name);
});

test('the notes say what to do next', () => {
  const release = { Name: 'rel', Namespace: 'prod' };
  expect(renderTexts(VALUE_CASES[MINIMAL] ?? {}, release)['NOTES.txt']).toContain(
    'kubectl --namespace prod port-forward service/rel-reprise-monitor 3000',
  );
  expect(renderTexts(VALUE_CASES[STOPPED] ?? {}, release)['NOTES.txt']).toContain('no service runs');
});

test('the alerts of the chart are those of deploy/prometheus', () => {
  const folder = path.join(ROOT, 'deploy/prometheus/rules');
  expect(readdirSync(path.join(CHART, 'rules'))).toEqual(readdirSync(folder));
  const groups = readdirSync(folder).flatMap(
    (file) => (parse(readFileSync(path.join(folder, file), 'utf8')) as { groups: object[] }).groups,
  );
  const [rule] = of(SEEN, 'PrometheusRule');
  expect(rule?.spec.groups).toEqual(groups);
  expect(groups.length).toBeGreaterThan(1);
});
