import { found, foundIf, type Rule } from './finding.js';
import type { MemberFacts, ServiceFacts } from './service-facts.js';

const MOST_CLOCK_OFFSET_MS = 1_000;
const list = (names: readonly string[]): string =>
  names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ');
const isLive = ({ leaseMs }: MemberFacts): boolean => leaseMs > 0;

export interface SilentMonitor {
  readonly url: string;
  readonly reason: string;
}

export const MONITOR_UNREACHABLE: Rule<SilentMonitor> = {
  name: 'unreachable',
  severity: 'error',
  checks: 'the monitor answers',
  prevents: 'nobody can start, see or command runs over HTTP; without a watch, what got lost stays lost',
  find: ({ url, reason }) => [found(url, `the monitor does not answer: ${reason}`, 'start it, or correct REPRISE_URL')],
};

/** The processes of Reprise and what waits for them. */
export const SERVICE_RULES: readonly Rule<ServiceFacts>[] = [
  {
    name: 'missing',
    severity: 'error',
    checks: 'a trigger, a scheduler, an executor and a monitor are alive',
    prevents: 'what only they do stands still: starting, deciding, running, watching',
    find: ({ members }) =>
      ['trigger', 'scheduler', 'executor', 'monitor']
        .filter((service) => !members.some((member) => member.service === service && isLive(member)))
        .map((service) => found(service, `no ${service} is alive`, `start one: node apps/${service}/dist/main.js`)),
  },
  {
    name: 'versions',
    severity: 'warning',
    checks: 'all services are of one version',
    prevents: 'two versions side by side are made for the time of an upgrade; what only one of them can do works only sometimes',
    find: ({ members, version }) => {
      const others = members.filter((member) => isLive(member) && member.version !== null && member.version !== version);
      const shown = others.map((member) => `${member.id} is ${member.version}`);
      return foundIf(
        others.length > 0,
        `this is ${version}; ${list(shown)}`,
        'finish the upgrade: replace the services of the other version',
      );
    },
  },
  {
    name: 'no_leader',
    severity: 'error',
    checks: 'one of the monitors leads',
    prevents: 'partitions are not made, old events not removed, figures of the whole not shown',
    find: ({ leader }) =>
      foundIf(leader === null, 'no monitor leads', 'look into the monitor’s log for "a round of the watch failed"'),
  },
  {
    name: 'stale_member',
    severity: 'warning',
    checks: 'every process that has said it is alive still is, or has said goodbye',
    prevents: 'it was killed, or cannot reach the database: what it held is lost and done again',
    find: ({ members }) =>
      members
        .filter((member) => !isLive(member))
        .map(({ id, service, leaseMs }) =>
          found(
            id,
            `this ${service} was last heard of ${Math.round(-leaseMs / 1_000)} s after its lease’s end`,
            'look why it ended; its row goes by itself a day after its lease',
          ),
        ),
  },
  {
    name: 'clock_skew',
    severity: 'warning',
    checks: 'the clocks of the services agree with the database’s within a second',
    prevents: 'ids made in the future sort wrongly and may fall outside the partitions; times in logs do not fit together',
    find: ({ members }) =>
      members
        .filter((member) => isLive(member) && Math.abs(member.clockOffsetMs ?? 0) > MOST_CLOCK_OFFSET_MS)
        .map(({ id, clockOffsetMs }) =>
          found(
            id,
            `its clock is ${Math.abs(clockOffsetMs ?? 0)} ms ${(clockOffsetMs ?? 0) > 0 ? 'ahead of' : 'behind'} the database’s`,
            'let its machine’s clock be set by NTP (chronyc tracking)',
          ),
        ),
  },
  {
    name: 'queue_without_executor',
    severity: 'error',
    checks: 'every task queue in which attempts wait is read by an executor',
    prevents: 'those attempts never start',
    find: ({ queues }) =>
      queues
        .filter(({ executors, waiting, oldestMs }) => executors === 0 && ((waiting ?? 0) > 0 || oldestMs !== null))
        .map(({ name, waiting }) =>
          found(
            name,
            `${waiting ?? 'some'} attempts wait in the queue ${name}, and no executor reads it`,
            `start an executor with REPRISE_QUEUES=${name}`,
          ),
        ),
  },
  {
    name: 'queue_nobody_reads',
    severity: 'warning',
    checks: 'every task queue that a registered workflow names is read by an executor',
    prevents: 'the next run would wait there',
    find: ({ queues }) =>
      queues
        .filter(
          ({ executors, waiting, oldestMs, workflows }) =>
            workflows.length > 0 && executors === 0 && (waiting ?? 0) === 0 && oldestMs === null,
        )
        .map(({ name, workflows }) =>
          found(
            name,
            `no executor reads the queue ${name}, which ${list(workflows)} would use`,
            `start an executor with REPRISE_QUEUES=${name}`,
          ),
        ),
  },
  {
    name: 'unhosted_call',
    severity: 'warning',
    checks: 'every call of a registered workflow is hosted by an executor that reads its queue',
    prevents: 'such a task is held with NO_HANDLER until an executor hosts it',
    find: ({ unhosted }) =>
      unhosted.map(({ call, queue, workflows }) =>
        found(
          call,
          `no executor of the queue ${queue} hosts ${call}, which ${list(workflows)} would call`,
          `start an executor that hosts ${call}, or allow it in REPRISE_HANDLERS`,
        ),
      ),
  },
  {
    name: 'secret_unset',
    severity: 'warning',
    checks: 'every secret that a registered workflow names is known to an executor',
    prevents: 'such a task fails with INVALID_INPUT',
    find: ({ secrets }) =>
      secrets
        .filter(({ known }) => known === false)
        .map(({ name, workflows }) =>
          found(
            name,
            `the secret ${name}, which ${list(workflows)} would use, is set on no executor`,
            `set REPRISE_SECRET_${name}, or put a file ${name} into REPRISE_SECRETS_DIR, where executors run`,
          ),
        ),
  },
  {
    name: 'paused_queue',
    severity: 'warning',
    checks: 'no task queue is paused',
    prevents: 'a pause that was forgotten: attempts wait for somebody to resume the queue',
    find: ({ queues }) =>
      queues.flatMap(({ name, paused }) =>
        paused === null
          ? []
          : [
              found(
                name,
                `paused since ${paused.at} by ${paused.by}${paused.reason === null ? '' : `: ${paused.reason}`}`,
                `reprise queue resume ${name}`,
              ),
            ],
      ),
  },
  {
    name: 'parked',
    severity: 'warning',
    checks: 'no task is parked',
    prevents: 'it waits for a person to decide, and its run with it',
    find: ({ parked }) =>
      parked.map(({ workflow, tasks }) =>
        found(
          workflow,
          `${tasks} tasks of ${workflow} are parked`,
          `reprise run list --workflow ${workflow} --status running, then reprise run resolve or retry-now`,
        ),
      ),
  },
  {
    name: 'dead_letters',
    severity: 'warning',
    checks: 'there are no open dead letters',
    prevents: 'each is a message that nobody could handle: an event that started nothing, or a run that could not go on',
    find: ({ deadLetters }) =>
      foundIf(deadLetters > 0, `${deadLetters} dead letters are open`, 'reprise dlq list, then redrive or discard them'),
  },
];
