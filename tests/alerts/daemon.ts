import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { eventually } from '@reprise/testing';

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

const STARTS_WITHIN_MS = 180_000;

/** A server of somebody else's on a port it chose itself; Prometheus and Alertmanager say which in their log. */
export class Daemon {
  private readonly lines: string[] = [];
  private readonly closed: Promise<unknown>;
  private isClosed = false;

  private constructor(
    private readonly name: string,
    private readonly child: ChildProcess,
  ) {
    running.add(child);
    this.closed = once(child, 'close').then(() => {
      this.isClosed = true;
      running.delete(child);
    });
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface(stream).on('line', (line) => this.lines.push(line));
    }
  }

  static async start(name: string, [program, ...args]: readonly [string, ...string[]]): Promise<Daemon> {
    const daemon = new Daemon(name, spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] }));
    try {
      const ready = async () => daemon.isClosed || (await fetch(`${daemon.url}/-/ready`)).ok;
      await eventually(ready, { what: `${name} is ready`, timeoutMs: STARTS_WITHIN_MS });
      if (daemon.isClosed) throw new Error('it has ended');
      return daemon;
    } catch (error) {
      await daemon.end();
      throw new Error(`${name} did not start:\n${daemon.tail()}`, { cause: error });
    }
  }

  get url(): string {
    const port = this.lines.map((line) => /msg="Listening on" address=127\.0\.0\.1:(\d+)/.exec(line)?.[1]).find(Boolean);
    if (port === undefined) throw new Error(`${this.name} has not said where it listens`);
    return `http://127.0.0.1:${port}`;
  }

  tail(lines = 20): string {
    return `--- ${this.name}\n${this.lines.slice(-lines).join('\n')}`;
  }

  async end(): Promise<void> {
    this.child.kill('SIGTERM');
    await this.closed;
  }
}
