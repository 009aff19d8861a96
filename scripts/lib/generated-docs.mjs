import path from 'node:path';
import { doctorRules, topologyOf } from '@reprise/contracts';
import {
  backoffMs,
  DOCUMENT_LIMITS,
  decideRetry,
  ENGINE_RETRY,
  explainWhy,
  formatDuration,
  laneKeys,
  NEXT_RUN,
  NEXT_TASK,
  resolveRetry,
} from '@reprise/core';
import { metricsTable, settingsTable } from '@reprise/service';
import { alertsTable, RUNBOOK_HEADS } from './generated-alerts.mjs';
import { root } from './paths.mjs';

const table = (head, rows) =>
  [`| ${head.join(' | ')} |`, `|${'---|'.repeat(head.length)}`, ...rows.map((row) => `| ${row.join(' | ')} |`)].join('\n');

const code = (text) => `\`${text}\``;

/** Parts of the documentation that are made from the code, by name. */
export const GENERATORS = {
  settings: settingsTable,
  metrics: metricsTable,
  'run-states': () => diagram(NEXT_RUN, ['running']),
  'task-states': () => diagram(NEXT_TASK, ['pending']),
  'first-delays': firstDelays,
  'engine-retry': engineRetry,
  'why-record': whyRecord,
  'document-limits': documentLimits,
  topology,
  'cli-help': cliHelp,
  alerts: alertsTable,
  ...RUNBOOK_HEADS,
  'doctor-rules': doctorTable,
};

function diagram(next, first) {
  const lines = Object.entries(next).flatMap(([from, to]) =>
    to.length === 0 ? [`  ${from} --> [*]`] : to.map((each) => `  ${from} --> ${each}`),
  );
  return ['```mermaid', 'stateDiagram-v2', ...first.map((each) => `  [*] --> ${each}`), ...lines, '```'].join('\n');
}

const POLICIES = [
  ['the default', {}],
  ['`jitter: none`', { jitter: 'none' }],
  ['`backoff: fixed`, `jitter: none`', { backoff: 'fixed', jitter: 'none' }],
  ['`backoff: linear`, `jitter: none`', { backoff: 'linear', jitter: 'none' }],
  [
    '`backoffCoefficient: 3`, `maximumInterval: 30s`, `jitter: none`',
    { backoffCoefficient: 3, maximumIntervalMs: 30_000, jitter: 'none' },
  ],
  ['`initialInterval: 200ms`, `jitter: equal`', { initialIntervalMs: 200, jitter: 'equal' }],
];

const RETRIES = [1, 2, 3, 4, 5, 6, 10];

/** The range a wait is drawn from: with the lowest and the highest number a draw can be. */
function firstDelays() {
  const rows = POLICIES.map(([name, fields]) => {
    const policy = resolveRetry(fields);
    const waits = RETRIES.map((retry) => {
      const [low, high] = [0, 1 - Number.EPSILON].map((unit) => formatDuration(backoffMs(policy, retry, unit, null).delayMs));
      return low === high ? low : `${low} – ${high}`;
    });
    return [name, ...waits];
  });
  return table(['policy', ...RETRIES.map((retry) => `retry ${retry}`)], rows);
}

function engineRetry() {
  const shown = (name, value) => {
    if (name.endsWith('Ms') && typeof value === 'number') return formatDuration(value);
    if (value === null) return { maximumIntervalMs: '100 × `initialInterval`', retryOn: 'all codes' }[name] ?? 'none';
    return Array.isArray(value) ? (value.length === 0 ? 'none' : value.join(', ')) : String(value);
  };
  const rows = Object.entries(ENGINE_RETRY).map(([name, value]) => [code(name.replace(/Ms$/, '')), shown(name, value)]);
  return table(['field', 'default'], rows);
}

/** A third failure of `http.503` under the policy of the page's first example. */
function whyRecord() {
  const { why } = decideRetry({
    policy: resolveRetry({
      maximumAttempts: 8,
      initialIntervalMs: 500,
      policies: [{ errors: ['http.5*'], maximumIntervalMs: 60_000 }],
    }),
    memory: { failures: 2, lost: 0, holds: 0, rules: { 0: 2 }, firstStartedAt: 0, lastDelayMs: 640 },
    failure: { kind: 'failed', code: 'http.503', retryable: null, retryAfterMs: null },
    attempt: 3,
    startedAt: 2_500,
    now: 3_100,
    deadlineAt: null,
    unit: 0.89,
  });
  return ['```json', JSON.stringify(why, null, 2), '```', '', '```text', explainWhy(why), '```'].join('\n');
}

function documentLimits() {
  return table(
    ['limit', 'value'],
    [
      ['size', `${DOCUMENT_LIMITS.maxBytes / 1_024} KiB (\`REPRISE_MAX_DOCUMENT_BYTES\`)`],
      ['nesting', `${DOCUMENT_LIMITS.maxDepth} levels`],
      ['tasks, those inside groups included', `${DOCUMENT_LIMITS.maxTasks} (\`REPRISE_MAX_TASKS\`)`],
      ['uses of YAML aliases', String(DOCUMENT_LIMITS.maxAliases)],
      ['values that all aliases together stand for', String(DOCUMENT_LIMITS.maxAliasedValues)],
      ['problems reported at once', String(DOCUMENT_LIMITS.maxProblems)],
    ],
  );
}

/** Every queue, with what it is bound to and where what expires or is refused goes. */
function topology() {
  const { exchanges, queues, bindings } = topologyOf({ prefix: 'reprise', queueType: 'quorum', taskQueues: laneKeys('default') });
  const shown = queues.filter(({ name }) => !/^reprise\.(delay\.q|inbox\.[1-9])/.test(name));
  const rows = shown.map(({ name, arguments: options }) => {
    const from = bindings
      .filter((binding) => binding.destinationKind === 'queue' && binding.destination === name)
      .map((binding) => `${code(binding.source)}${binding.pattern === '' ? '' : ` key ${code(binding.pattern)}`}`);
    const rest = Object.entries(options).filter(([option]) => option !== 'x-queue-type');
    return [code(name), from.join(', '), rest.map(([option, value]) => code(`${option}=${value}`)).join(' ') || '—'];
  });
  const kinds = exchanges.filter(({ name }) => !name.includes('.delay.')).map(({ name, type }) => [code(name), type]);
  const wheel = queues.filter(({ name }) => name.includes('.delay.q'));
  const ttls = wheel.map(({ arguments: options }) => Number(options['x-message-ttl']));
  return [
    table(['exchange', 'type'], kinds),
    '',
    table(['queue (all quorum)', 'bound to', 'arguments'], rows),
    '',
    `\`reprise.inbox.1\` … \`reprise.inbox.${queues.filter(({ name }) => name.includes('.inbox.')).length - 1}\` are like \`reprise.inbox.0\`. ` +
      `The delay wheel adds ${wheel.length} queues, \`${wheel[0].name}\` … \`${wheel.at(-1).name}\`, with TTLs from ` +
      `${formatDuration(Math.min(...ttls))} to ${formatDuration(Math.max(...ttls))}.`,
  ].join('\n');
}

function doctorTable() {
  const rows = doctorRules().map(({ rule, severity, checks, prevents }) => [code(rule), severity, checks, prevents]);
  return table(['rule', 'severity', 'checks that', 'or else'], rows);
}

/** Every command's own help, found by walking down from the program's. */
async function cliHelp() {
  const { buildProgram } = await import(path.join(root, 'apps/cli/dist/program.js'));
  return helpOf(
    buildProgram({ write() {}, say() {} }, () => {}),
    0,
  ).join('\n\n');
}

function helpOf(command, depth) {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part), getOutHelpWidth: () => 100, getOutHasColors: () => false });
  command.outputHelp();
  const [, words = ''] = /^Usage: ([a-z -]+?) (?:\[|<)/.exec(text) ?? [];
  const title = `${depth < 2 ? '##' : '###'} \`${words}\``;
  const inner = command.commands.filter((each) => each.name() !== 'help');
  return [`${title}\n\n\`\`\`text\n${text.trim()}\n\`\`\``, ...inner.flatMap((each) => helpOf(each, depth + 1))];
}
