import { type DoctorFacts, type DoctorReport, examine, type SkippedCheck } from '@reprise/contracts';

export interface ExamineHereOptions {
  readonly database: boolean;
  readonly broker: boolean;
  /** The monitor that was asked first. */
  readonly silentMonitor?: { readonly url: string; readonly reason: string };
  /** This machine's clock. */
  readonly now: () => number;
}

const POOL_SIZE = 2;

/**
 * Looks at the database and the broker from here, as a monitor with this environment would: when services are down is when one wants
 * to know why.
 */
export async function examineHere({ database, broker, silentMonitor, now }: ExamineHereOptions): Promise<DoctorReport> {
  const { settingsFromEnvironment } = await import('@reprise/service/settings');
  const { VERSION } = await import('@reprise/service');
  const settings = settingsFromEnvironment('monitor');
  const { prefix, queueType, wheelLevels, amqpUrl: url, rabbitmqManagementUrl: managementUrl } = settings;
  const looked: { facts: DoctorFacts; skipped: SkippedCheck[] } = {
    facts: { broker: null, database: null, services: null, ...(silentMonitor === undefined ? {} : { silentMonitor }) },
    skipped: [notAsked('services: who lives, what waits', 'only a monitor knows', 'start a monitor and ask it: reprise doctor')],
  };
  if (database) {
    const { Database, ExamineDatabase } = await import('@reprise/ledger');
    const ledger = new Database({ url: settings.databaseUrl, applicationName: 'reprise doctor', poolSize: POOL_SIZE });
    const { facts, skipped } = await new ExamineDatabase(ledger, settings.databasePool, now).examine();
    await ledger.close();
    looked.facts = { ...looked.facts, database: facts };
    looked.skipped.push(...skipped);
  } else looked.skipped.push(notAsked('the database', 'DATABASE_URL is not set here', 'set DATABASE_URL'));
  if (broker) {
    const { examineBroker } = await import('@reprise/broker');
    const topology = { prefix, queueType, wheelLevels };
    const { facts, skipped } = await examineBroker({ url, managementUrl, topology, longestAttemptMs: {} });
    looked.facts = { ...looked.facts, broker: facts };
    looked.skipped.push(...skipped);
  } else looked.skipped.push(notAsked('the broker', 'AMQP_URL is not set here', 'set AMQP_URL'));
  return examine({ at: now(), version: VERSION, ...looked });
}

const notAsked = (check: string, why: string, enable: string): SkippedCheck => ({ check, why, enable });
