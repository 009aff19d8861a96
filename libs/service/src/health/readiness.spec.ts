import { afterEach, describe, expect, test } from '@jest/globals';
import { Controller, Module, Post } from '@nestjs/common';
import { silentLogger } from '../logging/logger.js';
import { Metrics } from '../metrics/metrics.js';
import { type RunningService, runService, type ServiceDefinition } from '../process/run-service.js';
import { createServiceContext, type ServiceContext } from '../service-context.js';
import { readSettings } from '../settings/settings.js';

@Controller()
class TestController {
  @Post('v1/work')
  work(): string {
    return 'done';
  }
}

@Module({ controllers: [TestController] })
class TestModule {}

const running: RunningService[] = [];
afterEach(async () => {
  for (const service of running.splice(0)) await service.close();
});

function contextOf(env: Record<string, string> = {}): ServiceContext {
  const settings = readSettings({ REPRISE_PORT: '0', ...env }, 'trigger');
  return createServiceContext('trigger', settings, {
    logger: silentLogger,
    metrics: new Metrics({ service: 'trigger', nodeDefaults: false }),
  });
}

async function start(context = contextOf(), more: Partial<ServiceDefinition> = {}): Promise<RunningService> {
  const service = await runService({ context, module: TestModule, supervised: false, ...more });
  running.push(service);
  return service;
}

describe('readiness', () => {
  test('names each dependency, hides passwords, and is 503 while one fails or hangs', async () => {
    const context = contextOf();
    let ok = false;
    context.health.add({ name: 'postgres', check: () => ({ ok, detail: 'postgres://u:pw-to-hide@h' }) });
    context.health.add({ name: 'rabbitmq', check: () => (ok ? { ok } : Promise.reject(new Error('connection refused'))) });
    const { url } = await start(context);
    const before = await fetch(`${url}/readyz`);
    expect([before.status, await before.json()]).toEqual([
      503,
      {
        status: 'unready',
        checks: { postgres: { ok: false, detail: 'postgres://u:***@h' }, rabbitmq: { ok: false, detail: 'connection refused' } },
      },
    ]);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    ok = true;
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  });

  test('while it connects the port is open, probes answer, work is refused for now', async () => {
    let connected: () => void = () => {};
    let open: (port: number) => void = () => {};
    const port = new Promise<number>((resolve) => {
      open = resolve;
    });
    const starting = start(contextOf({ REPRISE_PORT: '0' }), {
      connect: (app) =>
        new Promise<void>((done) => {
          connected = done;
          open((app.getHttpServer().address() as { port: number }).port);
        }),
    });
    const url = `http://127.0.0.1:${await port}`;
    expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({ status: 'starting' });
    const early = await fetch(`${url}/v1/work`, { method: 'POST' });
    expect([early.status, await early.json()]).toEqual([503, expect.objectContaining({ code: 'starting' })]);
    connected();
    await starting;
    expect((await fetch(`${url}/v1/work`, { method: 'POST' })).status).toBe(201);
  });

  test('told to stop while it still connects, it ends in order', async () => {
    const context = contextOf();
    const service = await start(context, {
      connect: (_app, signal) =>
        new Promise<void>((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('gave up')));
          void context.drain.run();
        }),
    });
    expect((await service.close()).clean).toBe(true);
  });

  test('/metrics speaks the Prometheus text format', async () => {
    const { url } = await start();
    const response = await fetch(`${url}/metrics`);
    expect(response.headers.get('content-type')).toContain('version=0.0.4');
    expect(await response.text()).toContain('reprise_build_info{version="0.1.0",node="v');
  });
});

describe('the port', () => {
  test('a taken one is named with the variable to change; executors may take the next free one', async () => {
    const first = await start();
    const env = { REPRISE_PORT: String(first.port) };
    await expect(start(contextOf(env))).rejects.toThrow(
      `Port ${first.port} on 127.0.0.1 is taken by another process: set REPRISE_PORT to a free one (0 = any).`,
    );
    const next = await start(contextOf(env), { furtherPorts: 50 });
    expect(next.port).toBeGreaterThan(first.port);
  });
});
