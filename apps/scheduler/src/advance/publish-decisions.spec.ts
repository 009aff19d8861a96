import { describe, expect, test } from '@jest/globals';
import { names, type Outgoing, outgoingOf } from '@reprise/contracts';
import {
  type Decision,
  fence,
  type Message,
  parseDocument,
  type RunState,
  runId,
  startRun,
  toJsonText,
  versionId,
} from '@reprise/core';
import { systemClock } from '@reprise/service';
import type { Advanced } from './advanced.js';
import { PublishDecisions } from './publish-decisions.js';

const parsed = parseDocument('workflow: w\ntasks: { a: { transform: 1 } }');
if (parsed.kind === 'bad') throw new Error(JSON.stringify(parsed.problems));
const { workflow } = parsed;
const limits = { maxInputBytes: 1e6, maxOutputBytes: 1e6, maxItems: 1e5 };

function advanced(...messages: readonly Message[]): Advanced {
  const request = { id: runId(systemClock.uuidv7()), input: toJsonText({}), labels: {} };
  const started = startRun(workflow, request, { now: 0, units: [0.5], limits });
  const decision: Decision = { ...started, messages };
  const run: RunState = started.run;
  const version = versionId(run.id);
  const outgoing = outgoingOf(names('test'), { workflow, version, run, now: 0 }, messages);
  return { run, version, workflow, now: 0, decision, outgoing, staleOutcomes: [], again: false, before: new Map() };
}
const ended: Message = { kind: 'announce', status: 'succeeded' };
const publishing = (untold: (message: Outgoing) => boolean = () => false) => {
  const sent: Outgoing[] = [];
  const publisher = {
    publish: async (outgoing: readonly Outgoing[]) => {
      sent.push(...outgoing);
      return outgoing.filter(untold);
    },
  };
  return { decisions: new PublishDecisions(publisher), sent };
};

describe('the end of a run', () => {
  test('counts as told once its message is confirmed, and is handed over once', async () => {
    const { decisions, sent } = publishing();
    const runs = [advanced(ended), advanced(), advanced(ended)];
    await decisions.publish(runs);
    expect(sent.length).toBe(2);
    expect(decisions.hasAnnounced).toBe(true);
    expect(decisions.takeAnnounced()).toEqual([runs[0]?.run.id, runs[2]?.run.id]);
    expect([decisions.hasAnnounced, decisions.takeAnnounced()]).toEqual([false, []]);
  });

  test('does not count as told when the broker stayed away: the watch tells it later', async () => {
    const told = advanced(ended);
    const untold = advanced(ended);
    const { decisions } = publishing((message) => message === untold.outgoing[0]);
    await decisions.publish([untold, told]);
    expect(decisions.takeAnnounced()).toEqual([told.run.id]);
  });

  test('counts as told only when the task that waits for it is told too', async () => {
    const parent = { run: runId(systemClock.uuidv7()), version: versionId('v'), node: 0, at: '', fence: fence(1) };
    const child = advanced(ended, { kind: 'tell-parent', parent });
    const waits = publishing((message) => message === child.outgoing[1]).decisions;
    await waits.publish([child]);
    expect(waits.hasAnnounced).toBe(false);
    const { decisions } = publishing();
    await decisions.publish([child]);
    expect(decisions.takeAnnounced()).toEqual([child.run.id]);
  });

  test('is not its beginning', async () => {
    const { decisions } = publishing();
    await decisions.publish([advanced({ kind: 'announce', status: 'started' })]);
    expect(decisions.hasAnnounced).toBe(false);
  });

  test('that could not be written travels with the next batch', async () => {
    const { decisions } = publishing();
    const run = advanced(ended);
    await decisions.publish([run]);
    decisions.keepAnnounced(decisions.takeAnnounced());
    expect(decisions.takeAnnounced()).toEqual([run.run.id]);
  });
});

test('nothing to tell asks nothing of the broker', async () => {
  const { decisions, sent } = publishing();
  await decisions.publish([advanced()]);
  expect(sent).toEqual([]);
});
