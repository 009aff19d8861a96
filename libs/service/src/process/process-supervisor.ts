import type { Logger } from '../logging/logger.js';
import type { DrainReport } from './drain.js';

/** Something that ends in order when the process is told to: a running service. */
export interface Supervised {
  readonly name: string;
  readonly logger: Logger;
  close(): Promise<DrainReport>;
}

/** As much of `process` as signals need, so that a test can stand in for it. */
export interface ProcessPort {
  on(event: string, listener: (argument: unknown) => void): unknown;
  exit(code: number): void;
}

const SIGNALS = { SIGTERM: 143, SIGINT: 130, SIGHUP: 129 } as const;

/**
 * Ends the process well, once, however many services are in it: the first signal drains all of them (exit code 0 if all were
 * clean, else 1), a second one ends it at once. What nobody caught ends it at once too: leases bring its work back.
 */
export class ProcessSupervisor {
  private readonly services: Supervised[] = [];
  private watching = false;
  private ending = false;

  constructor(private readonly target: ProcessPort) {}

  supervise(service: Supervised): void {
    this.services.push(service);
    if (this.watching) return;
    this.watching = true;
    for (const [signal, exitCode] of Object.entries(SIGNALS))
      this.target.on(signal, () => this.onSignal(signal, exitCode, service.logger));
    for (const event of ['uncaughtException', 'unhandledRejection']) {
      this.target.on(event, (error) => {
        service.logger.error({ error, code: 'INTERNAL' }, `${event}: this process ends now; leases bring its work back`);
        this.target.exit(1);
      });
    }
  }

  /** A service that was closed by itself need not be drained again. */
  release(service: Supervised): void {
    const at = this.services.indexOf(service);
    if (at >= 0) this.services.splice(at, 1);
  }

  private onSignal(signal: string, exitCode: number, logger: Logger): void {
    if (this.ending) {
      logger.warn({ signal }, 'second signal: ending at once');
      this.target.exit(exitCode);
      return;
    }
    this.ending = true;
    logger.info(
      { signal, services: this.services.map((service) => service.name) },
      'draining; send the signal again to end at once',
    );
    void Promise.all(this.services.map((service) => service.close())).then((reports) => {
      const clean = reports.every((report) => report.clean);
      logger.info({ clean }, 'stopped');
      this.target.exit(clean ? 0 : 1);
    });
  }
}

/** The one that owns this process' signals. */
export const processSupervisor = new ProcessSupervisor({
  on: (event, listener) => process.on(event, listener),
  exit: (code) => process.exit(code),
});
