import { instantText, type Json, NO_ORIGIN, readProbeName } from '@reprise/core';
import type { Completion } from '@reprise/ledger';
import type { ActiveWorkflow } from '../definitions/active-workflows.js';
import { probeOf } from '../schedules/probe-of.js';
import { timedSource } from '../schedules/schedule-request.js';
import { endOfProbe } from '../schedules/show-firing.js';
import type { TriggeredRequest } from '../starts/start-request.js';

/** What the end of a probe asks for: `if` decides on what it returned. Nothing when nobody polls any more. */
export function judgeProbe(end: Completion, current: ReadonlyMap<string, ActiveWorkflow>): readonly TriggeredRequest[] {
  const name = readProbeName(end.workflow);
  const active = name === null ? undefined : current.get(name.workflow);
  const instant = end.origin.scheduledFor;
  if (name === null || active === undefined || instant === null) return [];
  return active.workflow.triggers.flatMap((poll, trigger): readonly TriggeredRequest[] => {
    if (poll.kind !== 'poll' || poll.id !== name.poll) return [];
    const workflow = active.workflow.name;
    const event = {
      source: timedSource(workflow, poll),
      id: endOfProbe(instantText(instant), end.run, end.status, end.endedAt),
      type: 'poll.ended',
      subject: `${workflow}/${poll.id}`,
      time: new Date(end.endedAt).toISOString(),
      data: {},
      extensions: {},
      anonymous: false,
    };
    const reason = end.version === probeOf(poll).version ? whyNot(end) : 'the poll makes another call by now';
    const results = reason === null ? [] : [{ workflow, kind: 'unmatched', reason } as const];
    const variables: Record<string, Json> = { output: end.output, schedule: end.input };
    const target = { ...active, trigger, variables, input: end.output, origin: { ...NO_ORIGIN, scheduledFor: instant } };
    return [{ kind: 'triggered', event, results, targets: reason === null ? [target] : [], redelivered: false }];
  });
}

/** Why there is nothing to decide on; null: the probe has succeeded. */
function whyNot({ status, error }: Completion): string | null {
  if (status === 'succeeded') return null;
  return error === null ? `the probe was ${status}` : `the probe ${status}: ${error.code}: ${error.message}`;
}
