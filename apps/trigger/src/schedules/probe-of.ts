import { compileWorkflow, type PollTrigger } from '@reprise/core';
import { probeVersion } from '@reprise/ledger';
import type { ActiveWorkflow } from '../definitions/active-workflows.js';

/** Made once for each compiled trigger. */
const made = new WeakMap<PollTrigger, ActiveWorkflow>();

/** What the probes of a poll are runs of; registering the poll has stored it. */
export function probeOf(poll: PollTrigger): ActiveWorkflow {
  const probe = made.get(poll) ?? { version: probeVersion(poll), workflow: compileWorkflow(poll.probe) };
  made.set(poll, probe);
  return probe;
}
