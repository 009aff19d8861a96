import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from '@jest/globals';
import { eventually } from '@reprise/testing';
import { Installation, type ServiceName } from './installation.js';

const SERVICES: readonly ServiceName[] = ['trigger', 'scheduler', 'executor', 'monitor'];
const preload = fileURLToPath(new URL('fixtures/loaded-modules.mjs', import.meta.url));
const reprise = await Installation.running({ env: { NODE_OPTIONS: `--import ${preload}` } });
afterAll(() => reprise.end());

async function loadedInto(service: ServiceName): Promise<readonly string[]> {
  const { current } = reprise.one(service);
  const before = current.logs().length;
  await current.kill('SIGUSR2');
  const line = await eventually(
    () =>
      current
        .logs()
        .slice(before)
        .find((each) => each.includes('"message":"loaded"')) ?? false,
    { what: `${service} says what it has loaded` },
  );
  return (JSON.parse(line) as { readonly packages: readonly string[] }).packages;
}

test('without a collector nothing of OpenTelemetry is loaded by any service, and nobody is sent a trace', async () => {
  await reprise.register({ workflow: 'plain', tasks: { a: { call: 'echo' }, b: { call: 'shell', with: { run: 'env' } } } });
  const headers = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' };
  const run = await reprise.ended(await reprise.startRun('plain', {}, headers));
  expect(run.status).toBe('succeeded');
  expect(JSON.stringify(run)).not.toMatch(/traceparent/i);
  // The metrics' library brings the API, which does nothing until somebody registers with it.
  for (const service of SERVICES) expect([service, await loadedInto(service)]).toEqual([service, ['@opentelemetry/api']]);
  const collector = 'http://127.0.0.1:9';
  const traced = reprise.startOne('scheduler', { env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector } });
  await traced.ready();
  // What is looked for would be found.
  expect(await loadedInto('scheduler')).toContain('@opentelemetry/sdk-trace');
  await traced.stop();
  const disabled = reprise.startOne('scheduler', { env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector, OTEL_SDK_DISABLED: 'true' } });
  await disabled.ready();
  expect(await loadedInto('scheduler')).toEqual(['@opentelemetry/api']);
});
