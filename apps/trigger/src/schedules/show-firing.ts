import type { FiringView } from '@reprise/contracts';
import type { ShownFiring } from '@reprise/ledger';
import type { EventResult } from '../starts/start-request.js';

/** What an instant of a schedule did. */
export function showFiring({ id, outcome, results, receivedAt }: ShownFiring): FiringView {
  const [result] = JSON.parse(results) as readonly EventResult[];
  const [instant = id] = id.split('/', 1);
  return {
    instant: new Date(Date.parse(instant)).toISOString(),
    outcome,
    run: result !== undefined && 'run' in result ? result.run : null,
    probe: null,
    reason: result !== undefined && 'reason' in result ? result.reason : null,
    at: new Date(receivedAt).toISOString(),
  };
}

/** What probes did, newest first: of one that has ended what came of it, of the others that they were fired. */
export function showProbes(events: readonly ShownFiring[]): readonly FiringView[] {
  const ended = new Set(events.flatMap(({ id }) => probeIn(id) ?? []));
  return events.flatMap((event): readonly FiringView[] => {
    const view = showFiring(event);
    const probe = probeIn(event.id);
    if (probe !== null) return [{ ...view, probe }];
    if (view.run !== null && ended.has(view.run)) return [];
    return [{ ...view, run: null, probe: view.run, reason: view.reason ?? 'the probe has not ended' }];
  });
}

/** Of the end of a probe: `INSTANT/RUN/STATUS/TIME`. */
export const endOfProbe = (instant: string, run: string, status: string, endedAt: number): string =>
  `${instant}/${run}/${status}/${Math.floor(endedAt)}`;

const probeIn = (id: string): string | null => id.split('/')[1] ?? null;
