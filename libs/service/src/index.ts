export { childEnvironment } from './child-environment.js';
export { type Clock, type FixedClock, fixedClock, systemClock, uuidv7Source } from './clock.js';
export { closestName } from './closest-name.js';
export { errorCode, isError } from './error-code.js';
export { armFaults, faultPoint, InjectedFault } from './fault-point.js';
export { GatherBatches, type ProcessBatch } from './gather-batches.js';
export { type Backends, type BrokerPort, connectBackends, type DatabasePort } from './health/connect-backends.js';
export { Health, type HealthReport, type Probe, type ProbeResult } from './health/health.js';
export { OpsModule } from './health/ops.module.js';
export { unreachableCode } from './health/unreachable.js';
export { type BodyRule, type ReceivedBody, receivedBody, requiredBody } from './http/body.js';
export { type HttpSafetyOptions, httpSafety } from './http/http-safety.js';
export { ListenError } from './http/http-server.js';
export { type JsonProblemCode, type ParsedJson, parseJson } from './http/parse-json.js';
export { ProblemFilter } from './http/problem-filter.js';
export { type Middleware, sendProblem, traceIdOf } from './http/send-problem.js';
export { identityOf, isIdentified } from './identity.js';
export { createLogger, type Logger, type LoggerOptions, type LogLevel, silentLogger } from './logging/logger.js';
export { Metrics, type MetricsOptions } from './metrics/metrics.js';
export {
  type CounterName,
  type GaugeName,
  type HistogramName,
  type LabelsOf,
  METRICS_TABLE,
  type MetricName,
  metricsTable,
} from './metrics/metrics-table.js';
export { type ProblemDetail, ProblemError, type ProblemFields } from './problem.js';
export { DRAIN_STAGES, Drain, type DrainReport, type DrainStage } from './process/drain.js';
export { Loop, type LoopOptions } from './process/loop.js';
export { type ProcessPort, ProcessSupervisor, processSupervisor, type Supervised } from './process/process-supervisor.js';
export { runMain } from './process/run-main.js';
export { defaultBodyRule, type RunningService, runService, type ServiceDefinition } from './process/run-service.js';
export { maskUrl, redact, registerSecret } from './redact.js';
export { createServiceContext, type ServiceContext } from './service-context.js';
export { durationMs } from './settings/parse-setting.js';
export type { SecretReader } from './settings/secrets.js';
export {
  type Environment,
  isLoopbackHost,
  type Limits,
  readSettings,
  type SettingProblem,
  type Settings,
  SettingsError,
  settingsFromEnvironment,
  settingsOf,
} from './settings/settings.js';
export { settingsTable } from './settings/settings-markdown.js';
export { SERVICE_NAMES, SETTINGS_TABLE, type ServiceName, type SettingsReader } from './settings/settings-table.js';
export type { FinishedSpan, SpanFields } from './tracing/finished-span.js';
export { runInTrace, type TraceCarrier } from './tracing/run-in-trace.js';
export { Tracing } from './tracing/tracing.js';
export { VERSION } from './version.js';
