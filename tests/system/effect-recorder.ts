import { createServer, type Server } from 'node:http';

/** What a handler tells the outside world: one call of one attempt. */
export interface Effect {
  readonly run: string;
  readonly task: string;
  readonly attempt: number;
  readonly fence: number;
  /** `start`: the handler was entered. `commit`: the effect happened. */
  readonly phase: 'start' | 'commit';
  readonly pid: number;
}

/** An outside world that neither Postgres nor RabbitMQ knows of, to compare the ledger with. */
export class EffectRecorder {
  readonly effects: (Effect & { readonly at: number })[] = [];
  /** Answers that are kept back; null: none is. */
  private held: (() => void)[] | null = null;
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const effect = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Effect;
        this.effects.push({ ...effect, at: performance.now() });
        const answer = () => void response.end('{}');
        if (this.held === null) answer();
        else this.held.push(answer);
      });
    });
    // Whoever is asked never hangs up first: a request on its way just then would fail, and its attempt with it.
    this.server.keepAliveTimeout = 0;
  }

  static async start(): Promise<EffectRecorder> {
    const recorder = new EffectRecorder();
    await new Promise<void>((resolve) => recorder.server.listen(0, '127.0.0.1', resolve));
    return recorder;
  }

  get url(): string {
    const address = this.server.address();
    return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  }

  /** From now on whoever tells it something waits for the answer: handlers stay where they are, however fast or slow the machine is. */
  hold(): void {
    this.held ??= [];
  }

  /** They go on. */
  release(): void {
    const held = this.held ?? [];
    this.held = null;
    for (const answer of held) answer();
  }

  of(run: string, phase: Effect['phase'] = 'commit'): readonly Effect[] {
    return this.effects.filter((effect) => effect.run === run && effect.phase === phase);
  }

  async end(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
