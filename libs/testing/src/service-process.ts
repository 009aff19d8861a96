import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.js';

export type AppName = 'trigger' | 'scheduler' | 'executor' | 'monitor' | 'all';

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface StartOptions {
  readonly readyWithinMs?: number;
}

type Environment = Readonly<Record<string, string>>;

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** Handed on to a service; everything else it must be told. */
const HANDED_ON = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'DATABASE_URL', 'AMQP_URL'];
const LISTENS = /^(\w+) listens$/;
const STOP_WITHIN_MS = 90_000;

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * Starts a service as a process of its own (`apps/NAME/dist/main.js`, or a script by its path) on a free port, and waits until it is ready.
 * Should this process die, however it does, the service ends too.
 */
export async function startProcess(
  app: AppName | (string & {}),
  env: Environment = {},
  options: StartOptions = {},
): Promise<ServiceProcess> {
  const path = app.includes('/') ? app : `${ROOT}apps/${app}/dist/main.js`;
  const started = new ServiceProcess(path, env, app === 'all' ? 4 : 1);
  try {
    await started.ready(options.readyWithinMs ?? 180_000);
    return started;
  } catch (error) {
    await started.kill('SIGKILL');
    throw error;
  }
}

/** Settings with faults armed: `withFaults('scheduler.after-commit:kill@3')`. */
export const withFaults = (faults: string, env: Environment = {}): Environment => ({ ...env, REPRISE_FAULTS: faults });

/** A service in a process of its own. */
export class ServiceProcess implements AsyncDisposable {
  /** Resolves when the process is gone and its output has been read; never rejects. */
  readonly exited: Promise<ProcessEnd>;
  /** By service, as they were said in the log. */
  readonly urls = new Map<string, string>();
  private readonly child: ChildProcess;
  private readonly lines: string[] = [];
  private end: ProcessEnd | null = null;

  constructor(
    private readonly path: string,
    env: Environment,
    private readonly services: number,
  ) {
    const handedOn = Object.fromEntries(HANDED_ON.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
    this.child = spawn(process.execPath, ['--import', `${ROOT}scripts/lib/follow-parent.mjs`, path], {
      cwd: ROOT,
      env: { ...handedOn, REPRISE_PORT: '0', REPRISE_LOG_FORMAT: 'json', ...env },
      // The channel is what `follow-parent` watches.
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    running.add(this.child);
    for (const stream of [this.child.stdout, this.child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => this.heard(line));
    }
    this.exited = new Promise((resolve) => {
      this.child.on('error', (error) => this.lines.push(String(error)));
      this.child.on('close', (code, signal) => {
        running.delete(this.child);
        this.end = { code, signal };
        resolve(this.end);
      });
    });
  }

  /** Of the service; of the monitor, where all four are in one process. */
  get url(): string {
    const url = this.urls.get('monitor') ?? [...this.urls.values()][0];
    if (url === undefined) throw new Error(`${this.path} has not said where it listens`);
    return url;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Everything it has printed so far, line by line. */
  logs(): readonly string[] {
    return this.lines;
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    if (this.end === null) this.child.kill(signal);
    if (signal === 'SIGKILL') await this.exited;
  }

  /** Asks it to stop and waits; a process that does not stop in time is killed, and this rejects. */
  async stop(): Promise<ProcessEnd> {
    if (this.end !== null) return this.end;
    this.child.kill('SIGTERM');
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), STOP_WITHIN_MS);
    });
    const end = await Promise.race([this.exited, late]);
    clearTimeout(timer);
    if (end !== 'late') return end;
    await this.kill('SIGKILL');
    throw new Error(`${this.path} did not stop within ${STOP_WITHIN_MS} ms\n${this.tail()}`);
  }

  /** Resolves when every service in it answers `/readyz` with 200. */
  async ready(withinMs: number): Promise<void> {
    const what = `${this.path} to be ready`;
    const refuse = this.exited.then(({ code, signal }) => {
      throw new Error(`${this.path} ended (${signal ?? code}) before it was ready\n${this.tail()}`);
    });
    const allReady = eventually(
      async () => {
        if (this.end !== null) return true;
        if (this.urls.size < this.services) throw new Error(`it has not said where it listens\n${this.tail()}`);
        for (const url of this.urls.values()) await askReady(url, this.tail());
        return true;
      },
      { what, timeoutMs: withinMs },
    );
    await Promise.race([allReady, refuse]);
    if (this.end !== null) await refuse;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  private heard(line: string): void {
    this.lines.push(line);
    const [service, url] = listening(line) ?? [];
    if (service !== undefined && url !== undefined) this.urls.set(service, url);
  }

  private tail(): string {
    return this.lines.slice(-20).join('\n');
  }
}

async function askReady(url: string, tail: string): Promise<void> {
  const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(10_000) });
  const body = await answer.text();
  if (!answer.ok) throw new Error(`${url}/readyz says ${answer.status} ${body}\n${tail}`);
}

function listening(line: string): readonly [string, string] | null {
  if (!line.includes(' listens')) return null;
  try {
    const { message, url } = JSON.parse(line) as { readonly message?: unknown; readonly url?: unknown };
    const service = LISTENS.exec(String(message))?.[1];
    return service === undefined || typeof url !== 'string' ? null : [service, url];
  } catch {
    return null;
  }
}
