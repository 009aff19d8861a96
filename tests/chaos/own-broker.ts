import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FIXTURE = fileURLToPath(new URL('./fixtures/broker.mjs', import.meta.url));

/** A RabbitMQ node that belongs to one test, on ports and in a folder of its own: the shared one is nobody's to restart. */
export class OwnBroker {
  private constructor(
    private readonly folder: string,
    private child: ChildProcess,
    /** The same after every restart. */
    readonly url: string,
    readonly managementUrl: string,
  ) {}

  static async start(): Promise<OwnBroker> {
    const folder = mkdtempSync(join(tmpdir(), 'reprise-broker-'));
    const { child, url, managementUrl } = await boot(folder, false);
    return new OwnBroker(folder, child, url, managementUrl);
  }

  /** `wipe`: everything it held is gone, queues and exchanges too. */
  async restart({ wipe }: { readonly wipe: boolean }): Promise<void> {
    await ended(this.child);
    this.child = (await boot(this.folder, wipe)).child;
  }

  /** As its operator: `rabbitmqctl` with these arguments. */
  async ctl(...args: readonly string[]): Promise<void> {
    const id = `${args[0]}-${performance.now()}`;
    const { child } = this;
    const answered = new Promise<void>((resolve, reject) => {
      const listen = (message: { readonly id?: string; readonly failure?: string | null }) => {
        if (message.id !== id) return;
        child.off('message', listen);
        if (message.failure === null || message.failure === undefined) resolve();
        else reject(new Error(message.failure));
      };
      child.on('message', listen);
    });
    child.send({ id, ctl: args });
    await answered;
  }

  async end(): Promise<void> {
    await ended(this.child);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

interface Booted {
  readonly child: ChildProcess;
  readonly url: string;
  readonly managementUrl: string;
}

async function boot(folder: string, wipe: boolean): Promise<Booted> {
  const child = fork(FIXTURE, {
    env: { ...process.env, REPRISE_STATE_DIR: folder, WIPE: wipe ? '1' : '0' },
    stdio: 'inherit',
    execArgv: [],
  });
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`the test's own RabbitMQ ended with code ${code}`);
  });
  const [message] = (await Promise.race([once(child, 'message'), failed])) as [Omit<Booted, 'child'>];
  failed.catch(() => undefined);
  return { child, url: message.url, managementUrl: message.managementUrl };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}
