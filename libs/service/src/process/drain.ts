import type { Logger } from '../logging/logger.js';

/** The order of shutdown. Pools close last: everything before still writes to the ledger. */
export const DRAIN_STAGES = ['stop consuming', 'finish work', 'flush outcomes', 'close channels', 'close pools'] as const;
export type DrainStage = (typeof DRAIN_STAGES)[number];

export interface DrainReport {
  readonly clean: boolean;
  readonly steps: readonly {
    readonly stage: DrainStage;
    readonly name: string;
    readonly outcome: 'done' | 'failed' | 'timeout';
  }[];
}

interface Step {
  readonly stage: DrainStage;
  readonly name: string;
  readonly run: () => unknown;
  readonly timeoutMs: number;
}

/** What a service does before it ends: steps in the order of their stage, within a stage in the order they were registered. */
export class Drain {
  private readonly steps: Step[] = [];
  private readonly abort = new AbortController();
  private running: Promise<DrainReport> | null = null;

  constructor(
    private readonly logger: Logger,
    private readonly defaultTimeoutMs = 10_000,
  ) {}

  /** Aborted when draining begins: end streams and long polls on it. */
  get signal(): AbortSignal {
    return this.abort.signal;
  }

  /** A step that takes longer than `timeoutMs` is left behind and the next one begins; so is one that fails. */
  onDrain(stage: DrainStage, name: string, run: () => unknown, timeoutMs = this.defaultTimeoutMs): void {
    this.steps.push({ stage, name, run, timeoutMs });
  }

  /** Runs all steps once; further calls get the same report. Never rejects. */
  run(): Promise<DrainReport> {
    this.running ??= this.runSteps();
    return this.running;
  }

  private async runSteps(): Promise<DrainReport> {
    this.abort.abort();
    const done: DrainReport['steps'][number][] = [];
    for (const stage of DRAIN_STAGES) {
      for (const step of this.steps.filter((candidate) => candidate.stage === stage)) {
        done.push({ stage, name: step.name, outcome: await this.runStep(step) });
      }
    }
    return { clean: done.every((step) => step.outcome === 'done'), steps: done };
  }

  private async runStep(step: Step): Promise<'done' | 'failed' | 'timeout'> {
    const bindings = { stage: step.stage, step: step.name };
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'timeout'>((resolve) => {
      timer = setTimeout(() => resolve('timeout'), step.timeoutMs);
    });
    try {
      const outcome = await Promise.race([
        Promise.resolve()
          .then(step.run)
          .then((): 'done' => 'done'),
        late,
      ]);
      if (outcome === 'timeout')
        this.logger.warn({ ...bindings, timeoutMs: step.timeoutMs }, 'a drain step took too long and was left behind');
      else this.logger.debug(bindings, 'drain step done');
      return outcome;
    } catch (error) {
      this.logger.error({ ...bindings, error }, 'a drain step failed');
      return 'failed';
    } finally {
      clearTimeout(timer);
    }
  }
}
