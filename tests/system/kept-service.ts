import { type ProcessEnd, ServiceProcess } from '@reprise/testing';

export interface KeptOptions {
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
  /** `REPRISE_FAULTS` of each generation; the ones after the last have none. */
  readonly faults: readonly string[];
  /** Started again when it dies, as a supervisor would. */
  readonly restart: boolean;
}

/** A machine with ten processes to start on each of its cores takes longer than half a minute. */
const READY_WITHIN_MS = 180_000;

/** A service that is started again when it dies, until it is told to stop. */
export class KeptService {
  /** How its earlier processes ended. */
  readonly ends: ProcessEnd[] = [];
  current: ServiceProcess;
  private generation = 0;
  private stopping = false;

  constructor(
    readonly name: string,
    private readonly options: KeptOptions,
  ) {
    this.current = this.spawn();
  }

  get url(): string {
    return this.current.url;
  }

  /** Ends by kill -9, whoever did it. */
  get deaths(): number {
    return this.ends.filter(({ signal }) => signal === 'SIGKILL').length;
  }

  async ready(): Promise<void> {
    await this.current.ready(READY_WITHIN_MS);
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    await this.current.kill(signal);
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.current.kill('SIGCONT');
    await this.current.stop();
  }

  /** What it said last. */
  tail(lines = 20): string {
    return `--- ${this.name} (pid ${this.current.pid}, ${this.ends.length} ended before)\n${this.current.logs().slice(-lines).join('\n')}`;
  }

  private spawn(): ServiceProcess {
    const faults = this.options.faults[this.generation];
    this.generation += 1;
    const env = faults === undefined ? this.options.env : { ...this.options.env, REPRISE_FAULTS: faults };
    const spawned = new ServiceProcess(this.options.path, env, 1);
    void spawned.exited.then((end) => {
      if (this.stopping) return;
      this.ends.push(end);
      if (this.options.restart) this.current = this.spawn();
    });
    return spawned;
  }
}
