import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually, POSTGRES_URL } from '@reprise/testing';

const FIND = fileURLToPath(new URL('../../scripts/pgbouncer.mjs', import.meta.url));
/** It does not run as root. */
const NOBODY = 65_534;

/** PgBouncer on a port of its own, in front of the Postgres that tests use; whoever comes is its one user there. */
export class Pooler {
  private child: ChildProcess | null = null;

  private constructor(
    private readonly program: string,
    private readonly folder: string,
    readonly port: number,
  ) {}

  static async running(mode: 'session' | 'transaction'): Promise<Pooler> {
    const { status, stdout, stderr } = spawnSync(process.execPath, [FIND], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`poolers cannot be tested: ${stderr}`);
    const folder = mkdtempSync(path.join(os.tmpdir(), 'reprise-pooler-'));
    chmodSync(folder, 0o755);
    const pooler = new Pooler(stdout.trim(), folder, await freePort());
    const { hostname, port, username, password } = new URL(POSTGRES_URL);
    const login = [`user=${username || 'postgres'}`, ...(password === '' ? [] : [`password=${decodeURIComponent(password)}`])];
    writeFileSync(
      path.join(folder, 'pgbouncer.ini'),
      [
        '[databases]',
        `* = host=${hostname} port=${port || 5432} ${login.join(' ')}`,
        '[pgbouncer]',
        'listen_addr = 127.0.0.1',
        `listen_port = ${pooler.port}`,
        'unix_socket_dir =',
        'auth_type = any',
        `pool_mode = ${mode}`,
        'default_pool_size = 40',
        '',
      ].join('\n'),
    );
    await pooler.start();
    return pooler;
  }

  /** A URL of Postgres, by way of the pooler. */
  through(url: string): string {
    const by = new URL(url);
    by.hostname = '127.0.0.1';
    by.port = String(this.port);
    return by.href;
  }

  async start(): Promise<void> {
    const root = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
    const child = spawn(this.program, [path.join(this.folder, 'pgbouncer.ini')], {
      ...root,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const said: string[] = [];
    child.stderr.on('data', (chunk: Buffer) => said.push(String(chunk)));
    this.child = child;
    await eventually(() => answers(this.port), { what: `PgBouncer to listen\n${said.join('')}` });
  }

  /** Every connection through it is gone, on both sides. */
  async stop(): Promise<void> {
    const { child } = this;
    if (child === null || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  }

  async end(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    }).on('error', () => resolve(false));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
