export { type BodyRule, type ReceivedBody, receivedBody, requiredBody } from './body.js';
export { childEnvironment } from './child-environment.js';
export { type Clock, type FixedClock, fixedClock, systemClock, uuidv7Source } from './clock.js';
export { closestName } from './closest-name.js';
export { type Backends, type BrokerPort, connectBackends, type DatabasePort } from './connect-backends.js';
export { DRAIN_STAGES, Drain, type DrainReport, type DrainStage } from './drain.js';
export { errorCode, isError } from './error-code.js';
export { armFaults, faultPoint, InjectedFault } from './fault-point.js';
export { GatherBatches, type ProcessBatch } from './gather-batches.js';
export { Health, type HealthReport, type Probe, type ProbeResult } from './health.js';
export { type HttpSafetyOptions, httpSafety } from './http-safety.js';
export { ListenError } from './http-server.js';
export { identityOf, isIdentified } from './identity.js';
export { createLogger, type Logger, type LoggerOptions, type LogLevel, silentLogger } from './logger.js';
export { Metrics, type MetricsOptions } from './metrics.js';
export {
  type CounterName,
  type GaugeName,
  type HistogramName,
  type LabelsOf,
  METRICS_TABLE,
  type MetricName,
  metricsTable,
} from './metrics-table.js';
export { OpsModule } from './ops.module.js';
export { type JsonProblemCode, type ParsedJson, parseJson } from './parse-json.js';
export { durationMs } from './parse-setting.js';
export { type ProblemDetail, ProblemError, type ProblemFields } from './problem.js';
export { ProblemFilter } from './problem-filter.js';
export { type ProcessPort, ProcessSupervisor, processSupervisor, type Supervised } from './process-supervisor.js';
export { maskUrl, redact, registerSecret } from './redact.js';
export { runMain } from './run-main.js';
export { defaultBodyRule, type RunningService, runService, type ServiceDefinition } from './run-service.js';
export type { SecretReader } from './secrets.js';
export { type Middleware, sendProblem, traceIdOf } from './send-problem.js';
export { createServiceContext, type ServiceContext } from './service-context.js';
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
} from './settings.js';
export { settingsTable } from './settings-markdown.js';
export { SERVICE_NAMES, SETTINGS_TABLE, type ServiceName, type SettingsReader } from './settings-table.js';
export { unreachableCode } from './unreachable.js';
