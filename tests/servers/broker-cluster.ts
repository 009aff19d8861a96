import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FIXTURE = fileURLToPath(new URL('./fixtures/cluster.mjs', import.meta.url));

interface Answered {
  readonly id?: number;
  readonly error?: string;
  readonly urls?: readonly string[];
}

/** Three clustered RabbitMQ nodes that belong to one test. Nodes are numbered from 1. */
export class BrokerCluster {
  private asked = 0;

  private constructor(
    private readonly folder: string,
    private readonly child: ChildProcess,
    private readonly urls: readonly string[],
  ) {}

  static async start(): Promise<BrokerCluster> {
    const folder = mkdtempSync(join(tmpdir(), 'reprise-cluster-'));
    const env = { ...process.env, REPRISE_STATE_DIR: folder };
    const child = fork(FIXTURE, { env, stdio: 'inherit', execArgv: [] });
    const [message] = (await Promise.race([once(child, 'message'), failed(child)])) as [Answered];
    return new BrokerCluster(folder, child, message.urls ?? []);
  }

  url(node: number): string {
    const url = this.urls[node - 1];
    if (url === undefined) throw new Error(`there is no node ${node}`);
    return url;
  }

  /** One URL with the hosts of these nodes, in this order. */
  urlOver(...nodes: readonly number[]): string {
    const [first, ...others] = nodes.map((node) => this.url(node));
    return [first, ...others.map((url) => new URL(url).host)].join(',');
  }

  /** kill -9, as soon as no queue needs this node for its majority. */
  kill(node: number): Promise<void> {
    return this.ask('kill', node);
  }

  /** Starts a killed one again, with what it had; resolves when it takes connections. */
  restart(node: number): Promise<void> {
    return this.ask('start', node);
  }

  async end(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const gone = once(this.child, 'exit');
      this.child.kill('SIGTERM');
      await gone;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async ask(verb: 'kill' | 'start', number: number): Promise<void> {
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
    this.child.send({ id, verb, number });
    const { error } = await Promise.race([answered, failed(this.child)]);
    if (error !== undefined) throw new Error(error);
  }
}

/** Rejects when the process ends. */
function failed(child: ChildProcess): Promise<never> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the test's own cluster ended with code ${code}`);
  });
  ended.catch(() => undefined);
  return ended;
}
