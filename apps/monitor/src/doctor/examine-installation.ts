import { examineBroker } from '@reprise/broker';
import { type DoctorReport, examine, type ServiceFacts, type SkippedCheck, type TopologyOptions } from '@reprise/contracts';
import type { ExamineDatabase, WorkflowCache, WorkflowStore } from '@reprise/ledger';
import { type Clock, redact, VERSION } from '@reprise/service';
import type { ExamineServices } from './examine-services.js';
import { NO_NEEDS, workflowNeeds } from './workflow-needs.js';

export interface ExamineInstallationOptions {
  readonly amqpUrl: string;
  readonly managementUrl: string | null;
  readonly topology: TopologyOptions;
  readonly database: ExamineDatabase;
  readonly services: ExamineServices;
  readonly workflows: WorkflowStore;
  readonly compiled: WorkflowCache;
  readonly clock: Clock;
}

/** Looks at broker, database and services, and says what is not as it should be. One at a time: it is asked by people and by schedules. */
export class ExamineInstallation {
  private running: Promise<DoctorReport> | null = null;

  constructor(private readonly options: ExamineInstallationOptions) {}

  examine(): Promise<DoctorReport> {
    this.running ??= this.look().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  private async look(): Promise<DoctorReport> {
    const { database, workflows, compiled, clock, ...options } = this.options;
    const skipped: SkippedCheck[] = [];
    const orSkip = async <Value>(check: string, ask: () => Promise<Value>, otherwise: Value): Promise<Value> => {
      try {
        return await ask();
      } catch (error) {
        const why = redact(error instanceof Error ? error.message : String(error));
        skipped.push({ check, why, enable: 'mend what is found about the database first' });
        return otherwise;
      }
    };
    const needs = await orSkip('what registered workflows need', () => workflowNeeds(workflows, compiled), NO_NEEDS);
    const services = await orSkip<ServiceFacts | null>('services', () => options.services.examine(needs), null);
    const taskQueues = (services?.queues ?? []).map(({ name }) => name);
    const [ledger, broker] = await Promise.all([
      database.examine(),
      examineBroker({
        url: options.amqpUrl,
        managementUrl: options.managementUrl,
        topology: { ...options.topology, taskQueues },
        longestAttemptMs: needs.longestAttemptMs,
      }),
    ]);
    return examine({
      at: clock.now(),
      version: VERSION,
      facts: { broker: broker.facts, database: ledger.facts, services },
      skipped: [...skipped, ...broker.skipped, ...ledger.skipped],
    });
  }
}
