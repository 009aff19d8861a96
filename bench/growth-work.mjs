import { readFileSync } from 'node:fs';

/** What the server says that a statement has done, whatever else its machine does meanwhile: pages of 8 KB and bytes of WAL. */
const SETTINGS = {
  log_min_duration: '0',
  log_analyze: 'on',
  log_buffers: 'on',
  log_wal: 'on',
  log_timing: 'off',
  log_format: 'json',
  log_level: 'notice',
};
const NAMES = {
  hit: 'Shared Hit Blocks',
  read: 'Shared Read Blocks',
  dirtied: 'Shared Dirtied Blocks',
  fpi: 'WAL FPI',
  wal: 'WAL Bytes',
};
export const NO_WORK = { hit: 0, read: 0, dirtied: 0, fpi: 0, wal: 0 };

/** Has every statement of this database's connections tell its plan, with what it came to. */
export class WorkMeter {
  work = NO_WORK;
  stopped = false;
  statements = new Map();

  constructor(database) {
    const telling = new WeakSet();
    database.source.driver.master.on('acquire', (client) => {
      if (this.stopped === telling.has(client)) this.tell(client, telling);
    });
  }

  tell(client, telling) {
    if (this.stopped) {
      telling.delete(client);
      client.query('set auto_explain.log_min_duration = -1').catch(() => undefined);
    } else {
      telling.add(client);
      client.on('notice', ({ message }) => this.take(message));
      const settings = Object.entries(SETTINGS).map(([name, value]) => `set auto_explain.${name} = '${value}'`);
      client.query(`load 'auto_explain'; ${settings.join('; ')}`).catch((error) => {
        this.refused = error;
      });
    }
  }

  /** What has come together since the last time. */
  reset() {
    const { work } = this;
    this.work = NO_WORK;
    return work;
  }

  stop() {
    this.stopped = true;
  }

  take(message) {
    const json = /plan:\s*(\{.*)/s.exec(message)?.[1];
    if (json === undefined) return;
    const { 'Query Text': text, Plan: plan } = JSON.parse(json);
    const done = workOf(plan);
    this.work = plus(this.work, done);
    this.statements.set(text, plus(this.statements.get(text) ?? NO_WORK, done));
  }
}

export const plus = (a, b) => Object.fromEntries(Object.keys(NAMES).map((key) => [key, a[key] + b[key]]));

/** A plan's root counts what is below it, but for statements within it that nothing has read: they are run behind it. */
function workOf(plan) {
  const read = new Set(nodesOf(plan).map((node) => node['Actual Loops'] > 0 && node['CTE Name']));
  const unread = (plan.Plans ?? []).filter(({ 'Subplan Name': name }) => name?.startsWith('CTE ') && !read.has(name.slice(4)));
  return [plan, ...unread].map(ownWork).reduce(plus);
}

const ownWork = (node) => Object.fromEntries(Object.entries(NAMES).map(([key, name]) => [key, node[name] ?? 0]));
const nodesOf = (plan) => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];

/** Time that the server's processes for this database have had on a processor, other programs' left out: where the server is on this machine. */
export class CpuMeter {
  processes = new Map();

  constructor(database) {
    database.source.driver.master.on('acquire', ({ processID }) => {
      if (!this.processes.has(processID)) this.processes.set(processID, 0);
    });
  }

  /** Milliseconds so far; not a number: they are somewhere else. */
  read() {
    for (const [pid, before] of this.processes) this.processes.set(pid, onProcessor(pid) ?? before);
    return [...this.processes.values()].reduce((sum, ms) => sum + ms, 0);
  }
}

/** Null: the process has ended, with its connection. */
function onProcessor(pid) {
  try {
    if (!readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('postgres')) return Number.NaN;
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
  } catch {
    return null;
  }
}
