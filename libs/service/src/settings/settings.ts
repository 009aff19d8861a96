import { closestName } from '../closest-name.js';
import { OPERATOR } from '../identity.js';
import { maskUrl, registerSecret } from '../redact.js';
import { eachHost, url } from './parse-setting.js';
import { type SecretReader, secretNames, secretReader } from './secrets.js';
import {
  SCRIPT_VARIABLES,
  SETTING_FAMILIES,
  SETTINGS_TABLE,
  type ServiceName,
  type SettingRow,
  type SettingsReader,
} from './settings-table.js';

const DEFAULT_PORTS: Readonly<Record<ServiceName, number>> = { monitor: 3000, trigger: 3001, scheduler: 3002, executor: 3003 };

type Table = typeof SETTINGS_TABLE;
type Values = { readonly [K in keyof Table]: Table[K] extends SettingRow<infer T> ? T : never };

export interface Limits {
  readonly maxInputBytes: number;
  readonly maxOutputBytes: number;
  readonly maxEventBytes: number;
  readonly maxBatchBytes: number;
  readonly maxDocumentBytes: number;
  readonly maxDepth: number;
  readonly maxTasks: number;
  readonly maxItems: number;
}

/** Everything a process was told by its environment: typed, checked, frozen. Times in milliseconds, sizes in bytes. */
export interface Settings extends Omit<Values, keyof Limits | 'port' | 'triggerUrl' | 'publicHosts'> {
  readonly reader: SettingsReader;
  /** The port of the reader (of the monitor for `all`); 0 = any. */
  readonly port: number;
  readonly ports: Readonly<Record<ServiceName, number>>;
  readonly triggerUrl: string;
  readonly publicHosts: readonly string[];
  readonly loopback: boolean;
  readonly limits: Limits;
  /** `REPRISE_CONNECTION_NAME` by name in lower case. */
  readonly connections: ReadonlyMap<string, string>;
  /** Looks a secret up; null = there is none of that name. Its value is redacted from logs from then on. */
  readonly secrets: () => SecretReader;
  /** Names alone. */
  readonly secretNames: () => readonly string[];
  /** What is odd but not wrong, e.g. an unknown REPRISE_ variable. Log them at start. */
  readonly warnings: readonly string[];
}

export interface SettingProblem {
  readonly name: string;
  /** As given, secrets and passwords masked. */
  readonly value: string;
  readonly message: string;
}

/** All problems at once; `message` has one line per variable. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly code = 'SETTINGS';
  constructor(readonly problems: readonly SettingProblem[]) {
    super(
      `${problems.length === 1 ? 'A setting is' : `${problems.length} settings are`} wrong:\n${problems.map((problem) => `  ${problem.message}`).join('\n')}`,
    );
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** The settings of this process; what is given goes before its environment. With `isGiven` the only place that reads `process.env`. */
export function settingsFromEnvironment(reader: SettingsReader, given: Environment = {}): Settings {
  return readSettings({ ...process.env, ...given }, reader);
}

/** Whether the environment says anything about this variable. */
export function isGiven(name: string): boolean {
  return (process.env[name] ?? '') !== '';
}

/**
 * Reads and checks what `reader` uses; everything else keeps its default unread. A variable that is set but empty counts as
 * not set (compose files write `NAME=${NAME:-}`).
 * @throws SettingsError naming every bad variable at once
 */
export function readSettings(env: Environment, reader: SettingsReader): Settings {
  const problems: SettingProblem[] = [];
  const { limits, port, triggerUrl, publicHosts, ...values } = readTable(env, reader, problems);
  const ports = portsFor(reader, port, problems);
  const loopback = isLoopbackHost(values.host);
  const hostIsKnown = !problems.some((problem) => problem.name === 'REPRISE_HOST');
  if (
    reader !== 'cli' &&
    hostIsKnown &&
    !loopback &&
    values.token === null &&
    values.tokens === null &&
    !problems.some(({ name }) => name === 'REPRISE_TOKEN' || name === 'REPRISE_TOKENS')
  ) {
    problems.push({
      name: 'REPRISE_TOKEN',
      value: '',
      message: `REPRISE_TOKEN is not set, but REPRISE_HOST is "${values.host}": off loopback a token of 16 or more characters is required (or REPRISE_TOKENS).`,
    });
  }
  if (values.tokens?.some(({ name, token }) => token === values.token && name !== OPERATOR)) {
    const message = 'REPRISE_TOKENS has the token of REPRISE_TOKEN under another name: give each its own.';
    problems.push({ name: 'REPRISE_TOKENS', value: '', message });
  }
  const connections = reader === 'executor' || reader === 'all' ? readConnections(env, problems) : new Map<string, string>();
  if (problems.length > 0) throw new SettingsError(problems);
  const secretsByName = new Map(familyMembers(env, 'REPRISE_SECRET_'));
  for (const value of secretsByName.values()) registerSecret(value);
  const secrets = secretReader(secretsByName, values.secretsDir);
  hideCredentials(
    [
      values.databaseUrl,
      values.amqpUrl,
      ...[values.sqlUrl, values.rabbitmqManagementUrl, values.otlpEndpoint].filter((given) => given !== null),
      ...connections.values(),
    ],
    [
      ...(values.token === null ? [] : [values.token]),
      ...(values.tokens ?? []).map(({ token }) => token),
      ...Object.values(values.otlpHeaders),
    ],
  );
  return Object.freeze({
    ...values,
    reader,
    port: ports[reader === 'all' || reader === 'cli' ? 'monitor' : reader],
    ports,
    triggerUrl: triggerUrl ?? `http://127.0.0.1:${reader === 'all' ? ports.trigger : DEFAULT_PORTS.trigger}`,
    publicHosts: publicHosts ?? [],
    loopback,
    limits,
    connections,
    secrets: () => secrets,
    secretNames: () => secretNames(secretsByName, values.secretsDir),
    warnings: Object.freeze(unknownVariables(env)),
  });
}

/** The settings of one of the services that share a process: the same, with that service's own port. */
export function settingsOf(settings: Settings, service: ServiceName): Settings {
  return Object.freeze({ ...settings, port: settings.ports[service] });
}

export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}

type RawValues = { -readonly [K in keyof Values]: Values[K] };

function readTable(env: Environment, reader: SettingsReader, problems: SettingProblem[]) {
  const values: Record<string, unknown> = {};
  for (const [key, row] of Object.entries(SETTINGS_TABLE)) values[key] = readRow(row, env, reader, problems);
  // The keys and types of the table itself: each value came out of its own row's parser.
  const { maxInputBytes, maxOutputBytes, maxEventBytes, maxBatchBytes, maxDocumentBytes, maxDepth, maxTasks, maxItems, ...rest } =
    values as RawValues;
  const limits = { maxInputBytes, maxOutputBytes, maxEventBytes, maxBatchBytes, maxDocumentBytes, maxDepth, maxTasks, maxItems };
  return { ...rest, limits: Object.freeze(limits) };
}

function readRow(row: SettingRow<unknown>, env: Environment, reader: SettingsReader, problems: SettingProblem[]): unknown {
  const used = reader === 'all' ? row.usedBy.some((user) => user !== 'cli') : row.usedBy.includes(reader);
  const given = used ? (env[row.name] ?? '') : '';
  const parsed = row.parse(given === '' ? row.fallback : given);
  if (parsed.kind === 'ok') return parsed.value;
  const value = shown(given, row.hide);
  problems.push({
    name: row.name,
    value,
    message: `${row.name} ${value === '' ? 'is wrong (its value is not shown)' : `is "${value}"`}; it must be ${parsed.allowed}.`,
  });
  return undefined;
}

/** A text that is no URL may be a password put into the wrong variable: it is not shown. */
function shown(value: string, hide: 'whole' | 'password' | undefined): string {
  if (hide === 'whole' || (hide === 'password' && !value.includes('://'))) return '';
  return hide === 'password' ? maskUrl(value) : value.slice(0, 200);
}

function portsFor(reader: SettingsReader, port: number | null, problems: SettingProblem[]): Record<ServiceName, number> {
  if (port === null || port === undefined) return { ...DEFAULT_PORTS };
  if (port > 65_532 && reader === 'all') {
    problems.push({
      name: 'REPRISE_PORT',
      value: String(port),
      message: `REPRISE_PORT is "${port}"; it is the first of four, so it must be at most 65532.`,
    });
  }
  const step = reader === 'all' && port !== 0 ? 1 : 0;
  return { monitor: port, trigger: port + step, scheduler: port + 2 * step, executor: port + 3 * step };
}

function readConnections(env: Environment, problems: SettingProblem[]): ReadonlyMap<string, string> {
  const connections = new Map<string, string>();
  for (const [name, value] of familyMembers(env, 'REPRISE_CONNECTION_')) {
    const parsed = url('postgres', 'postgresql')(value);
    const variable = `REPRISE_CONNECTION_${name}`;
    if (parsed.kind === 'ok') connections.set(name.toLowerCase(), parsed.value);
    else problems.push({ name: variable, value: shown(value, 'password'), message: `${variable} must be ${parsed.allowed}.` });
  }
  return connections;
}

function familyMembers(env: Environment, prefix: string): [name: string, value: string][] {
  return Object.entries(env).flatMap(([key, value]) =>
    key.startsWith(prefix) && key.length > prefix.length && value ? [[key.slice(prefix.length), value] as [string, string]] : [],
  );
}

function hideCredentials(urls: readonly string[], tokens: readonly string[]): void {
  for (const token of tokens) registerSecret(token);
  for (const each of urls.flatMap(eachHost)) {
    const { password, username } = new URL(each);
    // guest/guest and postgres/postgres are not secrets, and hiding those words would hide half the log.
    if (password !== username) registerSecret(safelyDecoded(password));
  }
}

function safelyDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function unknownVariables(env: Environment): string[] {
  const known: string[] = [...Object.values(SETTINGS_TABLE).map((row) => row.name), ...SCRIPT_VARIABLES];
  return Object.keys(env)
    .filter(
      (name) =>
        name.startsWith('REPRISE_') &&
        !known.includes(name) &&
        !SETTING_FAMILIES.some((family) => name.startsWith(family.prefix)),
    )
    .map((name) => {
      const near = closestName(name, known);
      return `${name} is set, but Reprise knows no such variable${near === null ? '' : `; did you mean ${near}?`}`;
    });
}
