import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BIN = new URL('../bin/reprise.js', import.meta.url).pathname;
/** One that hangs is killed, so that its test fails with what it said. */
const PATIENCE_MS = 60_000;

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  /** Sent as it is, instead of a body. */
  readonly text?: string;
}

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The built command as a process of its own, and a server that answers what the test says. */
export class CommandLine {
  /** By `METHOD /path`; a function is told how often its path was asked before. */
  readonly replies = new Map<string, Reply | ((asked: Asked, times: number) => Reply)>();
  readonly asked: Asked[] = [];
  url = '';
  private readonly directory = mkdtempSync(join(tmpdir(), 'reprise-cli-'));
  private readonly server: Server = createServer((request, response) => this.answer(request, response));

  start = async (): Promise<void> => {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  };

  reset = (): void => {
    this.replies.clear();
    this.asked.length = 0;
  };

  end = (): void => {
    this.server.close();
    rmSync(this.directory, { recursive: true });
  };

  file = (name: string, text: string): string => {
    const path = join(this.directory, name);
    writeFileSync(path, text);
    return path;
  };

  reprise = async (
    args: readonly string[],
    options: { env?: Record<string, string>; stdin?: string; started?: (child: ChildProcess) => void } = {},
  ): Promise<Ran> => {
    const env = { REPRISE_URL: this.url, ...options.env };
    const killing = { timeout: PATIENCE_MS, killSignal: 'SIGKILL' } as const;
    const child = spawn(process.execPath, [BIN, ...args], { env, stdio: ['pipe', 'pipe', 'pipe'], ...killing });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    // One that ends before it has read its input closes the pipe.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.stdin ?? '');
    options.started?.(child);
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() };
  };

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const one: Asked = { method, url, headers, body: Buffer.concat(chunks).toString() };
      const reply = this.replies.get(`${method} ${pathOf(url)}`) ?? {
        status: 404,
        body: { code: 'not_found', detail: 'There is nothing here.' },
      };
      const times = this.asked.filter((each) => pathOf(each.url) === pathOf(url)).length;
      const { status, body, text } = typeof reply === 'function' ? reply(one, times) : reply;
      this.asked.push(one);
      response.writeHead(status, { 'content-type': status < 400 ? 'application/json' : 'application/problem+json' });
      response.end(text ?? JSON.stringify(body));
    });
  }
}

const pathOf = (url: string): string => url.split('?', 1)[0] ?? '';
