import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
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
}
interface ComposeFile {
  services: Record<string, ComposeService>;
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
const FILES = ['docker-compose.yml', 'deploy/dev/servers.compose.yml'];

describe.each(FILES)('%s', (file) => {
  test('follows the compose specification', () => {
    expect(problemsOf(compose(file))).toEqual([]);
  });

  test('pins every image to a version', () => {
    for (const [name, { image }] of Object.entries(compose(file).services)) {
      expect(`${name} ${image}`).toMatch(/:\d+\.\d+(\.\d+)?(-[a-z]+)?$/);
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
  const { services } = compose('docker-compose.yml');

  test('runs the four services and their two servers', () => {
    expect(Object.keys(services).sort()).toEqual([...OURS, 'postgres', 'rabbitmq'].sort());
    for (const name of OURS) expect(services[name]?.command).toEqual([name]);
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

  test('says in the example of its settings every variable it insists on', () => {
    const insisted = [...read('docker-compose.yml').matchAll(/\$\{(\w+):\?/g)].map((match) => match[1]);
    const example = read('deploy/env.example');
    for (const name of insisted) expect(example).toMatch(new RegExp(`^${name}=`, 'm'));
  });
});

describe('Dockerfile', () => {
  const dockerfile = read('deploy/docker/Dockerfile');
  const lastStage = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));

  test('pins its base and does not run as root', () => {
    expect(dockerfile).toMatch(/^ARG NODE_VERSION=\d+\.\d+\.\d+$/m);
    for (const [, base] of dockerfile.matchAll(/^FROM (\S+)/gm)) expect(base).toMatch(/^node:\$\{NODE_VERSION\}-/);
    expect(lastStage).toMatch(/^USER node$/m);
  });

  test('hosts neither shell nor script unless told to', () => {
    const handlers = /REPRISE_HANDLERS=(\S+)/.exec(lastStage)?.[1]?.split(',') ?? [];
    expect(handlers.length).toBeGreaterThan(0);
    expect(handlers).not.toContain('shell');
    expect(handlers).not.toContain('script');
  });

  test('copies only what exists', () => {
    for (const [, source] of dockerfile.matchAll(/^COPY (?!--from)(\S+)/gm)) {
      expect(existsSync(path.join(root, source?.replace('/*.mjs', '') ?? ''))).toBe(true);
    }
  });
});
