import { parseCredentials } from '../identity.js';
import {
  choice,
  choiceOfNumbers,
  duration,
  integer,
  list,
  optional,
  type Parse,
  pairs,
  pattern,
  ratio,
  url,
  urlOfHosts,
} from './parse-setting.js';

export const SERVICE_NAMES = ['monitor', 'trigger', 'scheduler', 'executor'] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];
/** Who reads its settings: one service, all four in one process, or the command line. */
export type SettingsReader = ServiceName | 'all' | 'cli';

/** One environment variable. `fallback` is written like a value in the environment; '' = none. */
export interface SettingRow<T> {
  readonly name: string;
  readonly what: string;
  readonly fallback: string;
  readonly allowed: string;
  readonly usedBy: readonly (ServiceName | 'cli')[];
  readonly parse: Parse<T>;
  /** `whole`: never shown. `password`: shown with the URL's password masked. */
  readonly hide?: 'whole' | 'password';
}

const four = SERVICE_NAMES;
const everyone = [...SERVICE_NAMES, 'cli'] as const;
const KIB = 1_024;
const MIB = 1_024 * KIB;

function row<T>(fields: SettingRow<T>): SettingRow<T> {
  return Object.freeze(fields);
}

function size(name: string, what: string, fallbackBytes: number, most: number): SettingRow<number> {
  return row({ name, what, fallback: String(fallbackBytes), allowed: `1–${most}`, usedBy: four, parse: integer(1, most) });
}

/** As OpenTelemetry names them. */
export const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

const HOST_NAME = /^[A-Za-z0-9.:_[\]-]+$/;

/** Every variable Reprise reads, once. `docs/` shows this table; `readSettings` is made from it. */
// biome-ignore format: one row per variable is what makes it readable as a table
export const SETTINGS_TABLE = {
  databaseUrl: row({ name: 'DATABASE_URL', what: 'Postgres, the ledger', fallback: 'postgres://postgres@127.0.0.1:5432/reprise', allowed: 'a postgres:// URL', usedBy: four, parse: url('postgres', 'postgresql'), hide: 'password' }),
  databasePool: row({ name: 'REPRISE_DATABASE_POOL', what: 'Postgres connections per service', fallback: '10', allowed: '2–200', usedBy: four, parse: integer(2, 200) }),
  sqlUrl: row({ name: 'REPRISE_SQL_URL', what: 'login for `sql` tasks on the ledger and for `attempt.transaction`; not set = the role that migrating has made', fallback: '', allowed: 'a postgres:// URL of the ledger’s database', usedBy: ['executor'], parse: optional(url('postgres', 'postgresql')), hide: 'password' }),
  amqpUrl: row({ name: 'AMQP_URL', what: 'RabbitMQ; the nodes of a cluster behind commas, of which the first that answers is used', fallback: 'amqp://guest:guest@127.0.0.1:5672', allowed: 'an amqp:// or amqps:// URL, `amqp://user:password@one:5672,two:5672/vhost`', usedBy: four, parse: urlOfHosts('amqp', 'amqps'), hide: 'password' }),
  rabbitmqManagementUrl: row({ name: 'REPRISE_RABBITMQ_MANAGEMENT_URL', what: 'RabbitMQ’s management API, for what [`reprise doctor`](operations/doctor.md) cannot learn over AMQP; without user and password those of `AMQP_URL` are used', fallback: '', allowed: 'an http:// or https:// URL', usedBy: ['monitor'], parse: optional(url('http', 'https')), hide: 'password' }),
  prefix: row({ name: 'REPRISE_PREFIX', what: 'first word of every exchange and queue name', fallback: 'reprise', allowed: 'a letter, then letters, digits, `-`, `_` (40 at most)', usedBy: four, parse: pattern(/^[A-Za-z][A-Za-z0-9_-]{0,39}$/, 'a letter, then letters, digits, - or _ (40 at most)') }),
  queueType: row({ name: 'REPRISE_QUEUE_TYPE', what: 'type of every queue; `classic` only for a lone development broker', fallback: 'quorum', allowed: '`quorum`, `classic`', usedBy: four, parse: choice('quorum', 'classic') }),
  wheelLevels: row({ name: 'REPRISE_WHEEL_LEVELS', what: 'levels of the delay wheel, 15 queues each; fewer than 4 (for tests on a crowded broker) only make long waits go round more often', fallback: '4', allowed: '1–4', usedBy: four, parse: choiceOfNumbers(1, 2, 3, 4) }),
  migrateQueues: row({ name: 'REPRISE_MIGRATE_QUEUES', what: 'whether a queue that was declared with other arguments is [moved](operations/upgrading.md#queues) to one that has them; `off`: the service waits until somebody deletes it', fallback: 'on', allowed: '`on`, `off`', usedBy: four, parse: choice('on', 'off') }),
  host: row({ name: 'REPRISE_HOST', what: 'address to listen on; anything but loopback requires `REPRISE_TOKEN` or `REPRISE_TOKENS`', fallback: '127.0.0.1', allowed: 'a host name or IP address', usedBy: four, parse: pattern(HOST_NAME, 'a host name or IP address') }),
  port: row({ name: 'REPRISE_PORT', what: 'port of the service; with `npm start` the first of four (monitor, trigger, scheduler, executor); 0 = any free one', fallback: '', allowed: '0–65535; default monitor 3000, trigger 3001, scheduler 3002, executor 3003', usedBy: four, parse: optional(integer(0, 65_535)) }),
  publicHosts: row({ name: 'REPRISE_PUBLIC_HOSTS', what: 'further names clients may put in `Host` and `Origin`', fallback: '', allowed: 'host names, comma-separated', usedBy: four, parse: optional(list(HOST_NAME, 'host names')) }),
  token: row({ name: 'REPRISE_TOKEN', what: 'bearer token that every request but `/healthz`, `/readyz`, the console’s files and signed webhooks must carry', fallback: '', allowed: '16 or more visible ASCII characters', usedBy: everyone, parse: optional(pattern(/^[\x21-\x7e]{16,1024}$/, '16 or more visible ASCII characters')), hide: 'whole' }),
  tokens: row({ name: 'REPRISE_TOKENS', what: 'bearer tokens of people and machines, so that it is known who acts; beside or instead of `REPRISE_TOKEN`, whose bearer is `operator`', fallback: '', allowed: '`alice=TOKEN,bob=TOKEN`; names of `a–z 0–9 . _ @ -`, tokens of 16 or more visible ASCII characters without comma', usedBy: four, parse: optional(parseCredentials), hide: 'whole' }),
  triggerUrl: row({ name: 'REPRISE_TRIGGER_URL', what: 'where the monitor forwards what starts runs', fallback: '', allowed: 'an http:// or https:// URL; default `http://127.0.0.1:3001`', usedBy: ['monitor'], parse: optional(url('http', 'https')), hide: 'password' }),
  url: row({ name: 'REPRISE_URL', what: 'the monitor the command line and clients talk to', fallback: 'http://127.0.0.1:3000', allowed: 'an http:// or https:// URL', usedBy: ['cli'], parse: url('http', 'https'), hide: 'password' }),
  leaseMs: row({ name: 'REPRISE_LEASE', what: 'how long a silent executor keeps its attempts; renewed at a third of it', fallback: '15s', allowed: '300ms–1h', usedBy: four, parse: duration('300ms', '1h') }),
  queues: row({ name: 'REPRISE_QUEUES', what: 'task queues an executor takes attempts from', fallback: 'default', allowed: 'names, comma-separated', usedBy: ['executor'], parse: list(/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/, 'queue names (letters, digits, `_`, `-`)') }),
  concurrency: row({ name: 'REPRISE_CONCURRENCY', what: 'handlers an executor runs at the same time', fallback: '50', allowed: '1–10000', usedBy: ['executor'], parse: integer(1, 10_000) }),
  handlers: row({ name: 'REPRISE_HANDLERS', what: 'handlers an executor may host (allow-list; `payments.*` works); not set = all', fallback: '', allowed: 'handler names, comma-separated', usedBy: ['executor'], parse: optional(list(/^([A-Za-z][A-Za-z0-9_.-]*\*?|\*)$/, 'handler names')) }),
  drainMs: row({ name: 'REPRISE_DRAIN', what: 'how long a stopping service lets running work finish before it hands it back', fallback: '20s', allowed: '0ms–1h', usedBy: four, parse: duration('0ms', '1h') }),
  retentionMs: row({ name: 'REPRISE_RETENTION', what: 'how long finished runs are kept, and with them most of what grows', fallback: '30d', allowed: '1h–3650d', usedBy: four, parse: duration('1h', '3650d') }),
  retentionRuns: row({ name: 'REPRISE_RETENTION_RUNS', what: 'how many runs are kept: older ones that have finished an hour ago go, whatever `REPRISE_RETENTION` says; not set = any number', fallback: '', allowed: '1–1000000000', usedBy: ['monitor'], parse: optional(integer(1, 1_000_000_000)) }),
  probeRetentionMs: row({ name: 'REPRISE_PROBE_RETENTION', what: 'how long finished probes of polls are kept; the newest 100 of each poll are kept anyway', fallback: '1d', allowed: '1h–3650d', usedBy: ['monitor'], parse: duration('1h', '3650d') }),
  keyRetentionMs: row({ name: 'REPRISE_KEY_RETENTION', what: 'how long idempotency keys and their results are kept', fallback: '7d', allowed: '1m–3650d', usedBy: four, parse: duration('1m', '3650d') }),
  eventRetentionMs: row({ name: 'REPRISE_EVENT_RETENTION', what: 'how long events that runs may wait for are kept; a `window` cannot reach back further', fallback: '7d', allowed: '1m–365d', usedBy: four, parse: duration('1m', '365d') }),
  logLevel: row({ name: 'REPRISE_LOG_LEVEL', what: 'least severe log lines written', fallback: 'info', allowed: '`debug`, `info`, `warn`, `error`', usedBy: four, parse: choice('debug', 'info', 'warn', 'error') }),
  logFormat: row({ name: 'REPRISE_LOG_FORMAT', what: 'JSON lines, or short lines for people', fallback: 'json', allowed: '`json`, `pretty`', usedBy: four, parse: choice('json', 'pretty') }),
  otlpEndpoint: row({ name: 'OTEL_EXPORTER_OTLP_ENDPOINT', what: 'OpenTelemetry collector that spans are sent to (`/v1/traces` is added); not set = no tracing', fallback: '', allowed: 'an http:// or https:// URL, such as `http://127.0.0.1:4318`', usedBy: four, parse: optional(url('http', 'https')), hide: 'password' }),
  otlpProtocol: row({ name: 'OTEL_EXPORTER_OTLP_PROTOCOL', what: 'how spans are sent', fallback: 'http/protobuf', allowed: '`http/protobuf`', usedBy: four, parse: choice('http/protobuf') }),
  otlpHeaders: row({ name: 'OTEL_EXPORTER_OTLP_HEADERS', what: 'headers sent to the collector, credentials for instance', fallback: '', allowed: '`name=value`, comma-separated, percent-encoded', usedBy: four, parse: pairs, hide: 'whole' }),
  otelServiceName: row({ name: 'OTEL_SERVICE_NAME', what: '`service.name` of spans; not set = `reprise-trigger`, `reprise-scheduler` …', fallback: '', allowed: 'a name', usedBy: four, parse: optional(pattern(/^[^\s\p{Cc}][^\p{Cc}]{0,254}$/u, 'a name of at most 255 characters')) }),
  otelResource: row({ name: 'OTEL_RESOURCE_ATTRIBUTES', what: 'further attributes of whoever makes spans', fallback: '', allowed: '`name=value`, comma-separated, percent-encoded', usedBy: four, parse: pairs }),
  tracesSampler: row({ name: 'OTEL_TRACES_SAMPLER', what: 'which traces are kept; decided once, when a run starts', fallback: 'parentbased_always_on', allowed: SAMPLERS.map((name) => `\`${name}\``).join(', '), usedBy: four, parse: choice(...SAMPLERS) }),
  tracesSamplerArg: row({ name: 'OTEL_TRACES_SAMPLER_ARG', what: 'the share of traces that a `traceidratio` sampler keeps', fallback: '1', allowed: 'a number from 0 to 1', usedBy: four, parse: ratio }),
  otelDisabled: row({ name: 'OTEL_SDK_DISABLED', what: '`true`: no tracing, whatever else is set', fallback: 'false', allowed: '`true`, `false`', usedBy: four, parse: choice('true', 'false') }),
  dependencies: row({ name: 'REPRISE_DEPENDENCIES', what: 'which calls depend on something that has a circuit breaker and a retry budget: those that name a `dependency`, also every handler of one’s own by its name, or none', fallback: 'named', allowed: '`named`, `all`, `off`', usedBy: ['scheduler', 'executor'], parse: choice('named', 'all', 'off') }),
  breakerPercent: row({ name: 'REPRISE_BREAKER_FAILURES', what: 'percentage of failed calls within the window that opens a breaker', fallback: '50', allowed: '1–100', usedBy: ['scheduler'], parse: integer(1, 100) }),
  breakerCalls: row({ name: 'REPRISE_BREAKER_CALLS', what: 'fewer calls than this within the window open no breaker', fallback: '20', allowed: '1–100000', usedBy: ['scheduler'], parse: integer(1, 100_000) }),
  breakerWindowMs: row({ name: 'REPRISE_BREAKER_WINDOW', what: 'how far a breaker looks back', fallback: '30s', allowed: '1s–10m', usedBy: ['scheduler'], parse: duration('1s', '10m') }),
  breakerOpenMs: row({ name: 'REPRISE_BREAKER_OPEN', what: 'how long a breaker stays open at first; doubled each time its canaries fail', fallback: '5s', allowed: '100ms–1h', usedBy: ['scheduler'], parse: duration('100ms', '1h') }),
  breakerLongestOpenMs: row({ name: 'REPRISE_BREAKER_LONGEST', what: 'the longest a breaker stays open before canaries try again', fallback: '5m', allowed: '100ms–1d', usedBy: ['scheduler'], parse: duration('100ms', '1d') }),
  breakerCanaries: row({ name: 'REPRISE_BREAKER_CANARIES', what: 'attempts that must come back well before those that wait are released', fallback: '3', allowed: '1–100', usedBy: ['scheduler'], parse: integer(1, 100) }),
  retryBudgetPercent: row({ name: 'REPRISE_RETRY_BUDGET', what: 'retries of a dependency within 10 s: at most this percentage of its first attempts, besides the floor', fallback: '20', allowed: '0–10000', usedBy: ['scheduler'], parse: integer(0, 10_000) }),
  retryBudgetFloor: row({ name: 'REPRISE_RETRY_BUDGET_FLOOR', what: 'retries a second that a dependency always has', fallback: '10', allowed: '1–100000', usedBy: ['scheduler'], parse: integer(1, 100_000) }),
  secretsDir: row({ name: 'REPRISE_SECRETS_DIR', what: 'directory with one file per secret, named like the secret', fallback: '', allowed: 'a directory', usedBy: ['executor', 'trigger', 'monitor'], parse: optional(pattern(/^[^\0]+$/, 'a directory')) }),
  maxInputBytes: size('REPRISE_MAX_INPUT_BYTES', 'largest input of a run or task', MIB, 64 * MIB),
  maxOutputBytes: size('REPRISE_MAX_OUTPUT_BYTES', 'largest output of a task', MIB, 64 * MIB),
  maxEventBytes: size('REPRISE_MAX_EVENT_BYTES', 'largest event', MIB, 64 * MIB),
  maxBatchBytes: size('REPRISE_MAX_BATCH_BYTES', 'largest HTTP request with many events or starts', 8 * MIB, 256 * MIB),
  maxDocumentBytes: size('REPRISE_MAX_DOCUMENT_BYTES', 'largest workflow document', 256 * KIB, 16 * MIB),
  maxDepth: size('REPRISE_MAX_DEPTH', 'deepest nesting of JSON and YAML', 64, 1_000),
  maxTasks: size('REPRISE_MAX_TASKS', 'most tasks in one workflow document', 1_000, 100_000),
  maxItems: size('REPRISE_MAX_ITEMS', 'most items of one `forEach`', 100_000, 10_000_000),
  maxTreeRuns: row({ name: 'REPRISE_MAX_TREE_RUNS', what: 'most runs of one tree: a run, the child runs it has started, and theirs', fallback: '10000', allowed: '1–10000000', usedBy: ['trigger'], parse: integer(1, 10_000_000) }),
  faults: row({ name: 'REPRISE_FAULTS', what: 'TESTS ONLY: faults to cause at named points', fallback: '', allowed: '`point:kill@3`, `point:throw`, `point:stall=2000`, `point:stop`, comma-separated', usedBy: four, parse: optional(pattern(/^\s*[a-z][\w.-]*:(kill|throw|stop|stall=\d{1,9})(@[1-9]\d{0,8})?(\s*,\s*[a-z][\w.-]*:(kill|throw|stop|stall=\d{1,9})(@[1-9]\d{0,8})?)*\s*$/, 'a list of point:kill|throw|stop|stall=MS, each with an optional @HIT')) }),
} as const;

/** Families of variables: the rest of the name is the user's. */
export const SETTING_FAMILIES = [
  {
    prefix: 'REPRISE_SECRET_',
    shown: 'REPRISE_SECRET_NAME',
    what: 'a secret, `secrets.NAME` in expressions',
    usedBy: ['executor', 'trigger', 'monitor'],
  },
  {
    prefix: 'REPRISE_CONNECTION_',
    shown: 'REPRISE_CONNECTION_NAME',
    what: 'a postgres:// URL for `sql` tasks with `connection: name` (compared without case)',
    usedBy: ['executor'],
  },
] as const;

/** Read by `scripts/`, not by a service; listed so that they are not reported as unknown. */
export const SCRIPT_VARIABLES = ['REPRISE_OWN', 'REPRISE_STATE_DIR', 'REPRISE_EXECUTORS'] as const;
