import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TcpProxy } from '@reprise/testing';

const FIXTURE = fileURLToPath(new URL('./fixtures/postgres-pair.mjs', import.meta.url));

/** The primary, and the standby that follows it. */
type Server = 'one' | 'two';

interface Work {
  readonly verb: 'kill' | 'sql' | 'fill' | 'makeRoom';
  readonly server: Server;
  readonly text?: string;
}

interface Answered {
  readonly id?: number;
  readonly error?: string;
  readonly rows?: readonly Readonly<Record<string, unknown>>[];
  readonly urls?: Readonly<Record<Server, string>>;
}

/** A Postgres with a streaming standby that belongs to one test, behind one address that leads to either. */
export class DatabasePair {
  private asked = 0;

  private constructor(
    private readonly folder: string,
    private readonly child: ChildProcess,
    private readonly dies: Promise<never>,
    private readonly urls: Readonly<Record<Server, string>>,
    /** What a virtual address or a short-lived name is in production: it leads to the primary first. */
    private readonly address: TcpProxy,
  ) {}

  /** `synchronous`: a commit is answered when the standby has it on disk. */
  static async start({ synchronous }: { readonly synchronous: boolean }): Promise<DatabasePair> {
    const folder = mkdtempSync(join(tmpdir(), 'reprise-pair-'));
    // As root the servers run as somebody else, who must be able to pass.
    chmodSync(folder, 0o755);
    const env = { ...process.env, REPRISE_STATE_DIR: folder, SYNCHRONOUS: synchronous ? '1' : '0' };
    const child = fork(FIXTURE, { env, stdio: 'inherit', execArgv: [] });
    const dies = failed(child);
    const [{ urls }] = (await Promise.race([once(child, 'message'), dies])) as [Answered];
    if (urls === undefined) throw new Error('the servers have not said where they are');
    return new DatabasePair(folder, child, dies, urls, await TcpProxy.to(urls.one));
  }

  /** By way of the address. */
  get url(): string {
    return this.address.url;
  }

  /** From now on the address leads there, and connections to the other one are gone. */
  leadTo(server: Server): void {
    this.address.leadTo(this.urls[server]);
  }

  /** As its operator: one statement on one of them. */
  async on(server: Server, text: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    return (await this.ask({ verb: 'sql', server, text })).rows ?? [];
  }

  /** kill -9 of all its processes. */
  async kill(server: Server): Promise<void> {
    await this.ask({ verb: 'kill', server });
  }

  /** From now on an empty table, or each of its partitions, is on a disk without a free block; connections are closed. */
  async fill(server: Server, table: string): Promise<void> {
    await this.ask({ verb: 'fill', server, text: table });
  }

  /** Undoes `fill`. */
  async makeRoom(server: Server, table: string): Promise<void> {
    await this.ask({ verb: 'makeRoom', server, text: table });
  }

  async end(): Promise<void> {
    await this.address.end();
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const gone = once(this.child, 'exit');
      this.child.kill('SIGTERM');
      await gone;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async ask(work: Work): Promise<Answered> {
    this.asked += 1;
    const id = this.asked;
    const answered = new Promise<Answered>((resolve) => {
      const hear = (message: Answered) => {
        if (message.id !== id) return;
        this.child.off('message', hear);
        resolve(message);
      };
      this.child.on('message', hear);
    });
    this.child.send({ id, ...work });
    const answer = await Promise.race([answered, this.dies]);
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  }
}

/** Rejects when the process ends. */
function failed(child: ChildProcess): Promise<never> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the test's own pair of servers ended with code ${code}`);
  });
  ended.catch(() => undefined);
  return ended;
}
