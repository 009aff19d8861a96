import type { BrokerFacts } from './broker-facts.js';
import { BROKER_RULES, BROKER_UNREACHABLE } from './broker-rules.js';
import type { DatabaseFacts } from './database-facts.js';
import { DATABASE_RULES, DATABASE_UNREACHABLE } from './database-rules.js';
import { apply, type DoctorReport, type Finding, type Rule, type SkippedCheck } from './finding.js';
import { LEDGER_RULES } from './ledger-rules.js';
import { MANAGED_BROKER_RULES } from './managed-broker-rules.js';
import type { ServiceFacts } from './service-facts.js';
import { MONITOR_UNREACHABLE, SERVICE_RULES, type SilentMonitor } from './service-rules.js';

/** null: not looked at. */
export interface DoctorFacts {
  readonly broker: BrokerFacts | null;
  readonly database: DatabaseFacts | null;
  readonly services: ServiceFacts | null;
  /** The monitor that was asked first, where it has not answered. */
  readonly silentMonitor?: SilentMonitor;
}

export interface Examination {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly version: string;
  readonly facts: DoctorFacts;
  readonly skipped: readonly SkippedCheck[];
}

/** All rules over all facts. Pure. */
export function examine({ at, version, facts, skipped }: Examination): DoctorReport {
  const asked = [
    judgeBroker(facts.broker),
    judgeDatabase(facts.database),
    judgeServices(facts.services),
    judgeMonitor(facts.silentMonitor),
  ];
  const findings = asked.flatMap(({ findings: some }) => some);
  const sorted = [...findings].sort((a, b) => weight(a) - weight(b));
  return {
    at: new Date(at).toISOString(),
    version,
    verdict: sorted[0]?.severity ?? 'ok',
    findings: sorted,
    skipped: [...skipped, ...unmanaged(facts.broker), ...hidden(facts.database)],
    checked: asked.reduce((sum, { checked }) => sum + checked, 0),
  };
}

const weight = ({ severity }: Finding): number => (severity === 'error' ? 0 : 1);

interface Judged {
  readonly findings: readonly Finding[];
  readonly checked: number;
}

const NOT_ASKED: Judged = { findings: [], checked: 0 };

function judgeBroker(facts: BrokerFacts | null): Judged {
  if (facts === null) return NOT_ASKED;
  if (facts.kind === 'unreachable') return { findings: apply('broker', [BROKER_UNREACHABLE], facts), checked: 1 };
  const rules = facts.management === null ? BROKER_RULES : [...BROKER_RULES, ...MANAGED_BROKER_RULES];
  return { findings: apply('broker', rules, facts), checked: 1 + rules.length };
}

function judgeDatabase(facts: DatabaseFacts | null): Judged {
  if (facts === null) return NOT_ASKED;
  if (facts.kind === 'unreachable') return { findings: apply('database', [DATABASE_UNREACHABLE], facts), checked: 1 };
  const rules = [...DATABASE_RULES, ...LEDGER_RULES];
  return { findings: apply('database', rules, facts), checked: 1 + rules.length };
}

function judgeServices(facts: ServiceFacts | null): Judged {
  if (facts === null) return NOT_ASKED;
  return { findings: apply('services', SERVICE_RULES, facts), checked: SERVICE_RULES.length };
}

function judgeMonitor(facts: SilentMonitor | undefined): Judged {
  if (facts === undefined) return NOT_ASKED;
  return { findings: apply('services', [MONITOR_UNREACHABLE], facts), checked: 1 };
}

function unmanaged(facts: BrokerFacts | null): readonly SkippedCheck[] {
  if (facts?.kind !== 'reached' || facts.management !== null) return [];
  return [
    {
      check: 'bindings, policies, alarms of each node, members of quorum queues, feature flags',
      why: 'AMQP does not tell them; only RabbitMQ’s management API does',
      enable:
        'set REPRISE_RABBITMQ_MANAGEMENT_URL to http://USER:PASSWORD@HOST:15672 (rabbitmq-plugins enable rabbitmq_management)',
    },
  ];
}

function hidden(facts: DatabaseFacts | null): readonly SkippedCheck[] {
  if (facts?.kind !== 'reached' || !facts.activityHidden) return [];
  return [
    {
      check: 'long transactions of other logins',
      why: 'this login may not see what others do',
      enable: 'grant pg_read_all_stats to the login of DATABASE_URL',
    },
  ];
}

/** Every rule there is, for the documentation and its test. */
export function doctorRules(): readonly (Pick<Rule<never>, 'severity' | 'checks' | 'prevents'> & { readonly rule: string })[] {
  const named = (area: string, rules: readonly Pick<Rule<never>, 'name' | 'severity' | 'checks' | 'prevents'>[]) =>
    rules.map(({ name, severity, checks, prevents }) => ({ rule: `${area}.${name}`, severity, checks, prevents }));
  return [
    ...named('broker', [BROKER_UNREACHABLE, ...BROKER_RULES, ...MANAGED_BROKER_RULES]),
    ...named('database', [DATABASE_UNREACHABLE, ...DATABASE_RULES, ...LEDGER_RULES]),
    ...named('services', [MONITOR_UNREACHABLE, ...SERVICE_RULES]),
  ];
}
