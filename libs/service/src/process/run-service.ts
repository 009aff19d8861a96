import { type DynamicModule, type INestApplication, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { armFaults } from '../fault-point.js';
import { OpsModule } from '../health/ops.module.js';
import { type BodyRule, bodyReader } from '../http/body.js';
import { httpSafety } from '../http/http-safety.js';
import { listen, PatientExpressAdapter } from '../http/http-server.js';
import { ProblemFilter } from '../http/problem-filter.js';
import { type Middleware, sendProblem } from '../http/send-problem.js';
import { nestLogger } from '../logging/nest-logger.js';
import { ProblemError } from '../problem.js';
import type { ServiceContext } from '../service-context.js';
import type { Limits } from '../settings/settings.js';
import type { DrainReport } from './drain.js';
import { processSupervisor } from './process-supervisor.js';

export interface ServiceDefinition {
  readonly context: ServiceContext;
  /** The service's own module. Its providers must not wait for the database or the broker: `connect` does. */
  readonly module: Type<unknown> | DynamicModule;
  /** Before the port is opened: further middleware, static files. */
  readonly prepare?: (app: INestApplication) => void | Promise<void>;
  /** After the port is open (so that `/readyz` tells what is missing) and before work is taken: pools, migrations, transports. May wait for long; give up when `signal` aborts. */
  readonly connect?: (app: INestApplication, signal: AbortSignal) => Promise<void>;
  /** Paths that are answered without a token; see `httpSafety`. */
  readonly pages?: readonly string[];
  /** How the body of a request is read; default: `defaultBodyRule`. */
  readonly bodyRule?: (method: string, path: string, limits: Limits) => BodyRule;
  /** Ports to try after a taken one (further executors take the next free). Default 0. */
  readonly furtherPorts?: number;
  /** Whether SIGTERM and SIGINT drain it; default true. */
  readonly supervised?: boolean;
}

export interface RunningService {
  readonly name: string;
  readonly app: INestApplication;
  readonly port: number;
  /** `http://127.0.0.1:3000` */
  readonly url: string;
  /** Drains (see `Drain`) and closes the application. Never rejects; more calls get the same report. */
  close(): Promise<DrainReport>;
}

@Module({})
class ServiceRoot {}

/** Starts one service: HTTP first, then its connections, then it is ready. @throws ListenError, and what `connect` throws */
export async function runService(definition: ServiceDefinition): Promise<RunningService> {
  const { context } = definition;
  const { settings, logger, health } = context;
  for (const warning of settings.warnings) logger.warn({}, warning);
  armFaults(settings.faults, logger);
  await context.tracing?.start();
  const app = await createApp(definition);
  let closing: Promise<DrainReport> | undefined;
  const close = (): Promise<DrainReport> => {
    closing ??= closeService(app, context).finally(() => processSupervisor.release(supervised));
    return closing;
  };
  const supervised = { name: context.name, logger, close };
  try {
    await definition.prepare?.(app);
    const port = await listen(app, { host: settings.host, port: settings.port, furtherPorts: definition.furtherPorts ?? 0 });
    if (definition.supervised !== false) processSupervisor.supervise(supervised);
    const url = `http://${settings.host.includes(':') ? `[${settings.host.replace(/[[\]]/g, '')}]` : settings.host}:${port}`;
    logger.info({ url }, `${context.name} listens`);
    await connectUnlessStopped(definition, app);
    health.started();
    return { name: context.name, app, port, url, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Being told to stop while still waiting for a connection is an orderly end, not a failed start. */
async function connectUnlessStopped(
  { connect, context: { drain, logger } }: ServiceDefinition,
  app: INestApplication,
): Promise<void> {
  try {
    await connect?.(app, drain.signal);
  } catch (error) {
    if (!drain.signal.aborted) throw error;
    logger.info({}, 'stopped before it was connected');
  }
}

/** Documents as text; everything else JSON: batches large, the rest as large as an input or event may be. */
export function defaultBodyRule(_method: string, written: string, limits: Limits): BodyRule {
  // As routes are found: in any letter case, with or without a slash at the end.
  const path = written.toLowerCase().replace(/\/$/, '');
  if (path === '/v1/workflows') return { parse: 'document', limitBytes: limits.maxDocumentBytes };
  if (path === '/v1/events' || /(?::|%3a)batch$/.test(path)) return { parse: 'json', limitBytes: limits.maxBatchBytes };
  const envelopeBytes = 65_536;
  return { parse: 'json', limitBytes: Math.max(limits.maxInputBytes, limits.maxEventBytes) + envelopeBytes };
}

async function createApp({
  context,
  module,
  pages = [],
  bodyRule = defaultBodyRule,
}: ServiceDefinition): Promise<INestApplication> {
  const { settings, logger, health, drain } = context;
  const root: DynamicModule = { module: ServiceRoot, imports: [OpsModule.forRoot(context), module] };
  const app = await NestFactory.create(root, new PatientExpressAdapter(), {
    bodyParser: false,
    abortOnError: false,
    logger: nestLogger(logger),
  });
  app.getHttpAdapter().getInstance().disable('x-powered-by');
  app.use(httpSafety({ ...settings, pages }));
  app.use(onlyWhenStarted(context));
  app.use(bodyReader({ maxDepth: settings.limits.maxDepth, ruleFor: (method, path) => bodyRule(method, path, settings.limits) }));
  app.useGlobalFilters(new ProblemFilter(logger));
  const server = app.getHttpServer();
  let closed: Promise<void> = Promise.resolve();
  drain.onDrain('stop consuming', 'http', () => {
    health.draining();
    closed = new Promise((resolve) => server.close(() => resolve()));
  });
  drain.onDrain('finish work', 'http requests', () => closed, Math.max(settings.drainMs, 100));
  drain.onDrain('close channels', 'http connections', () => server.closeAllConnections());
  return app;
}

const OPS_PATHS = ['/healthz', '/readyz', '/metrics'];

/** A connection that is kept alive outlasts the server's close: what it still sends is refused, so that it is sent elsewhere. */
function onlyWhenStarted({ health }: ServiceContext): Middleware {
  return (request, response, next) => {
    const phase = health.currentPhase();
    if (phase === 'started' || OPS_PATHS.includes((request.url ?? '').split('?', 1)[0] ?? '')) return next();
    const detail =
      phase === 'starting'
        ? 'This service is still starting; /readyz tells what it waits for.'
        : 'This service is shutting down.';
    const headers = { 'retry-after': '2', connection: 'close' };
    sendProblem(
      request,
      response,
      new ProblemError({ status: 503, code: phase === 'starting' ? 'starting' : 'shutting_down', detail, headers }),
    );
  };
}

async function closeService(app: INestApplication, { drain, health, logger }: ServiceContext): Promise<DrainReport> {
  health.draining();
  const report = await drain.run();
  try {
    await app.close();
  } catch (error) {
    logger.error({ error }, 'closing the application failed');
    return { ...report, clean: false };
  }
  return report;
}
