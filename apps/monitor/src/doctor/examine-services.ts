import type { MemberFacts, ServiceFacts, TaskQueueFacts } from '@reprise/contracts';
import type { DeadLetterStore, Gauges, MemberStore } from '@reprise/ledger';
import { VERSION } from '@reprise/service';
import { executorInfo } from '../queues/executor-info.js';
import type { ListQueues } from '../queues/list-queues.js';
import type { WorkflowNeeds } from './workflow-needs.js';

export interface ExamineServicesOptions {
  readonly members: MemberStore;
  readonly queues: ListQueues;
  readonly gauges: Gauges;
  readonly letters: DeadLetterStore;
}

type RecentMember = Awaited<ReturnType<MemberStore['recent']>>[number];

const LEADER = 'leader';

/** Gathers what the doctor's rules about services want to know. */
export class ExamineServices {
  constructor(private readonly options: ExamineServicesOptions) {}

  async examine(needs: WorkflowNeeds): Promise<ServiceFacts> {
    const { members, queues, gauges, letters } = this.options;
    const [recent, listed, parked, deadLetters] = await Promise.all([
      members.recent(),
      queues.list(),
      gauges.parkedTasks(),
      letters.countOpen(),
    ]);
    const live = recent.filter(({ leaseMs }) => leaseMs > 0);
    const executors = live.filter(({ service }) => service === 'executor');
    const facts = recent.filter(({ service }) => service !== LEADER).map(memberFacts);
    return {
      version: VERSION,
      leader: live.find(({ service }) => service === LEADER)?.id ?? null,
      members: facts,
      queues: queueFacts(listed, needs),
      unhosted: needs.calls.filter(({ call, queue }) => !isHosted(executors, call, queue)),
      secrets: [...needs.secrets].map(([name, workflows]) => ({ name, workflows, known: isKnown(facts, name) })),
      parked,
      deadLetters,
    };
  }
}

/** A row may be of another version, or another language: what does not fit is not known. */
function memberFacts({ id, service, info, leaseMs }: RecentMember): MemberFacts {
  const { version, clockOffsetMs, secrets } = info;
  return {
    id,
    service,
    version: typeof version === 'string' ? version : null,
    clockOffsetMs: typeof clockOffsetMs === 'number' ? clockOffsetMs : null,
    leaseMs,
    secrets: Array.isArray(secrets) ? secrets.map(String) : null,
  };
}

function queueFacts(listed: Awaited<ReturnType<ListQueues['list']>>, { queues }: WorkflowNeeds): readonly TaskQueueFacts[] {
  const known = new Map(listed.map((queue) => [queue.name, queue]));
  return [...new Set([...known.keys(), ...queues.keys()])].sort().map((name) => {
    const queue = known.get(name);
    const age = queue?.oldestAgeSeconds ?? null;
    return {
      name,
      waiting: queue?.depth ?? null,
      oldestMs: age === null ? null : age * 1_000,
      executors: queue?.executors ?? 0,
      paused: queue?.paused ?? null,
      workflows: queues.get(name) ?? [],
    };
  });
}

/** A queue that nobody reads is told once, not for each of its calls. */
function isHosted(executors: readonly RecentMember[], call: string, queue: string): boolean {
  const readers = executors.map(executorInfo).filter(({ queues }) => queues.includes(queue));
  return readers.length === 0 || readers.some(({ handlers }) => handlers.includes(call));
}

function isKnown(members: readonly MemberFacts[], name: string): boolean | null {
  const told = members.flatMap(({ leaseMs, secrets }) => (leaseMs > 0 && secrets !== null ? [secrets] : []));
  return told.length === 0 ? null : told.some((names) => names.includes(name));
}
