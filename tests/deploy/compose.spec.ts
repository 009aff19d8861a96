import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { readSettings, SETTINGS_TABLE, type ServiceName } from '@reprise/service';
import { Ajv } from 'ajv';
import { parse } from 'yaml';

/*
 * No container engine is needed for these: the files are checked against the schema of the compose specification (as shipped by
 * dclint) and against what we promise about them.
 */

interface ComposeService {
  image?: string;
  container_name?: string;
  ports?: string[];
  volumes?: string[];
  command?: string[];
  user?: string;
  depends_on?: Record<string, { condition: string }>;
  environment?: Record<string, string>;
  healthcheck?: { test: string[] };
  restart?: string;
  stop_grace_period?: string;
  profiles?: string[];
  secrets?: string[];
  deploy?: { resources?: { limits?: { cpus?: string; memory?: string } } };
}
interface ComposeFile {
  services: Record<string, ComposeService>;
  secrets?: Record<string, { environment?: string }>;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const compose = (file: string): ComposeFile => parse(read(file), { merge: true }) as ComposeFile;

const schema = JSON.parse(read('node_modules/dclint/schemas/compose.schema.json')) as object;
const validate = new Ajv({ strict: false, validateFormats: false, allErrors: true, validateSchema: false }).compile({
  ...schema,
  $schema: 'http://json-schema.org/draft-07/schema#',
});
const problemsOf = (document: unknown): unknown[] => (validate(document) ? [] : (validate.errors ?? []));

const OURS = ['monitor', 'trigger', 'scheduler', 'executor'];
const SERVERS = ['postgres', 'rabbitmq'];
const WATCHING = ['prometheus', 'alertmanager', 'grafana'];
const FILES = ['docker-compose.yml', 'deploy/dev/servers.compose.yml'];

describe.each(FILES)('%s', (file) => {
  test('follows the compose specification', () => {
    expect(problemsOf(compose(file))).toEqual([]);
  });

  test('pins every image to a version', () => {
    for (const [name, { image }] of Object.entries(compose(file).services)) {
      expect(`${name} ${image}`).toMatch(/:v?\d+\.\d+(\.\d+)?(-[a-z]+)?$/);
    }
  });

  test('mounts only files that are in the repository', () => {
    const mounted = Object.values(compose(file).services)
      .flatMap(({ volumes }) => volumes ?? [])
      .filter((volume) => volume.startsWith('.'))
      .map((volume) => path.join(root, path.dirname(file), volume.split(':')[0] ?? ''));
    expect(mounted.length).toBeGreaterThan(0);
    for (const source of mounted) expect([source, existsSync(source)]).toEqual([source, true]);
  });

  test('publishes nothing beyond loopback by default', () => {
    const ports = Object.values(compose(file).services).flatMap((service) => service.ports ?? []);
    for (const port of ports) expect(port).toMatch(/^(127\.0\.0\.1|\$\{REPRISE_PUBLISH:-127\.0\.0\.1\}):/);
  });
});

test('the schema is not a rubber stamp', () => {
  expect(problemsOf({ services: { postgres: { image: 'postgres:17.6', helthcheck: {} } } })).not.toEqual([]);
  expect(problemsOf({ services: { postgres: { depends_on: { rabbitmq: { condition: 'ready' } } } } })).not.toEqual([]);
});

describe('docker-compose.yml', () => {
  const { services, secrets } = compose('docker-compose.yml');

  test('runs the four services and their two servers, and what watches them where it is asked for', () => {
    const always = Object.keys(services).filter((name) => services[name]?.profiles === undefined);
    expect(always.sort()).toEqual([...OURS, ...SERVERS].sort());
    const watching = Object.keys(services).filter((name) => services[name]?.profiles?.join() === 'monitoring');
    expect(watching.sort()).toEqual([...WATCHING].sort());
    for (const name of OURS) expect(services[name]?.command).toEqual([name]);
  });

  test('everything says whether it is healthy, comes back when it ends, and has limits', () => {
    for (const [name, { healthcheck, restart, deploy }] of Object.entries(services)) {
      expect([name, healthcheck?.test[0], restart]).toEqual([name, 'CMD', 'unless-stopped']);
      expect([name, deploy?.resources?.limits]).toEqual([name, { cpus: expect.any(String), memory: expect.any(String) }]);
    }
  });

  test('a service has longer to stop than it drains', () => {
    const drainMs = readSettings({}, 'executor').drainMs;
    for (const name of OURS) {
      const seconds = /^(\d+)s$/.exec(services[name]?.stop_grace_period ?? '')?.[1];
      expect(Number(seconds) * 1_000).toBeGreaterThan(drainMs + 10_000);
    }
  });

  test('tells the services nothing that they do not know', () => {
    const known = Object.values(SETTINGS_TABLE).map(({ name }) => name);
    for (const name of OURS)
      for (const variable of Object.keys(services[name]?.environment ?? {})) expect(known).toContain(variable);
  });

  test('what it gives the services, filled in as its example says, is allowed', () => {
    const values = {
      REPRISE_TOKEN: 'a'.repeat(48),
      REPRISE_POSTGRES_PASSWORD: 'b'.repeat(48),
      REPRISE_RABBITMQ_PASSWORD: 'c'.repeat(48),
    };
    for (const name of OURS) {
      const told = Object.entries(services[name]?.environment ?? {}).map(([key, value]) => [key, interpolate(value, values)]);
      const settings = readSettings(Object.fromEntries(told), name as ServiceName);
      expect([name, settings.warnings, settings.loopback]).toEqual([name, [], false]);
    }
  });

  test('Prometheus looks for the services by their names and ports', () => {
    const asked = [...read('deploy/prometheus/prometheus.yml').matchAll(/names: \[(\w+)\], type: A, port: (\d+)/g)];
    const listening = OURS.map((name) => [name, String(readSettings({}, name as ServiceName).port)]);
    expect(asked.map(([, name, port]) => [name, port])).toEqual(listening);
  });

  test('publishes what has no password of its own on loopback, whatever is set', () => {
    for (const name of WATCHING) for (const port of services[name]?.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
    for (const name of SERVERS) expect(services[name]?.ports).toBeUndefined();
  });

  test('hands Prometheus the token as a file, and Grafana a password', () => {
    expect(services.prometheus?.secrets).toEqual(['reprise_token']);
    expect(secrets?.reprise_token).toEqual({ environment: 'REPRISE_TOKEN' });
    const asked = [...read('deploy/prometheus/prometheus.yml').matchAll(/credentials_file: ([^ }]+)/g)].map(([, file]) => file);
    expect(asked).toEqual(OURS.map(() => '/run/secrets/reprise_token'));
    expect(services.grafana?.environment?.GF_SECURITY_ADMIN_PASSWORD).toMatch(/^\$\{REPRISE_GRAFANA_PASSWORD:\?/);
  });

  test('does not start without a token and passwords', () => {
    for (const name of OURS) {
      expect(services[name]?.environment?.REPRISE_TOKEN).toMatch(/^\$\{REPRISE_TOKEN:\?/);
      expect(services[name]?.environment?.DATABASE_URL).toMatch(/\$\{REPRISE_POSTGRES_PASSWORD:\?/);
      expect(services[name]?.environment?.AMQP_URL).toMatch(/\$\{REPRISE_RABBITMQ_PASSWORD:\?/);
    }
  });

  test('waits for healthy servers', () => {
    for (const name of OURS) {
      expect(services[name]?.depends_on).toEqual({
        postgres: { condition: 'service_healthy' },
        rabbitmq: { condition: 'service_healthy' },
      });
    }
    for (const name of ['postgres', 'rabbitmq']) expect(services[name]?.healthcheck?.test.length).toBeGreaterThan(1);
  });

  test('lets executors be scaled: no fixed name, no published port', () => {
    expect(services.executor?.container_name).toBeUndefined();
    expect(services.executor?.ports).toBeUndefined();
  });

  test('keeps shell and script off', () => {
    expect(services.executor?.environment?.REPRISE_HANDLERS).toMatch(/^\$\{REPRISE_HANDLERS:-http,sql,publish\}$/);
  });

  test('says in the example of its settings every variable it reads, those it insists on without a value', () => {
    const example = read('deploy/env.example');
    const variables = [...read('docker-compose.yml').matchAll(/\$\{(\w+)(:\?)?/g)];
    expect(variables.length).toBeGreaterThan(8);
    for (const [, name, insists] of variables) expect(example).toMatch(new RegExp(insists ? `^${name}=$` : `^# ${name}=`, 'm'));
  });
});

/** `${NAME:-default}`, `${NAME:+instead}`, `${NAME:?complaint}` and `${NAME}`, as the compose specification has them. */
function interpolate(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\{(\w+)(?::([-+?])([^}]*))?\}/g, (_, name: string, operator?: string, word = '') => {
    const value = values[name] ?? '';
    if (operator === '+') return value === '' ? '' : word;
    if (operator === '?' && value === '') throw new Error(`${name}: ${word}`);
    return value === '' && operator === '-' ? word : value;
  });
}
