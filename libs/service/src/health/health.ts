import { isError } from '../error-code.js';
import { redact } from '../redact.js';

export interface ProbeResult {
  readonly ok: boolean;
  readonly detail?: string;
}

/** Something a service cannot work without. `check` throwing means not ok. */
export interface Probe {
  readonly name: string;
  check(): ProbeResult | Promise<ProbeResult>;
}

export interface HealthReport {
  readonly status: 'ready' | 'starting' | 'draining' | 'unready';
  readonly checks: Readonly<Record<string, ProbeResult>>;
}

/** Whether a service may be given work: started, not draining, and every dependency answers within `timeoutMs`. */
export class Health {
  private readonly probes = new Map<string, Probe>();
  private phase: 'starting' | 'started' | 'draining' = 'starting';

  constructor(private readonly timeoutMs = 2_000) {}

  add(probe: Probe): void {
    this.probes.set(probe.name, probe);
  }

  started(): void {
    if (this.phase === 'starting') this.phase = 'started';
  }

  draining(): void {
    this.phase = 'draining';
  }

  currentPhase(): 'starting' | 'started' | 'draining' {
    return this.phase;
  }

  async report(): Promise<HealthReport> {
    const results = await Promise.all(
      [...this.probes.values()].map(async (probe) => [probe.name, await this.ask(probe)] as const),
    );
    const allOk = results.every(([, result]) => result.ok);
    const status = this.phase === 'started' ? (allOk ? 'ready' : 'unready') : this.phase;
    return { status, checks: Object.fromEntries(results) };
  }

  private async ask(probe: Probe): Promise<ProbeResult> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<ProbeResult>((resolve) => {
      timer = setTimeout(() => resolve({ ok: false, detail: `no answer within ${this.timeoutMs} ms` }), this.timeoutMs);
    });
    try {
      const result = await Promise.race([Promise.resolve().then(() => probe.check()), late]);
      return result.detail === undefined ? result : { ok: result.ok, detail: redact(result.detail) };
    } catch (error) {
      return { ok: false, detail: redact(isError(error) ? error.message : String(error)) };
    } finally {
      clearTimeout(timer);
    }
  }
}
