import { checkInput, hasRunEnded, type Input, type Json, keyOf, type TaskState, toJsonText } from '@reprise/core';
import { type Finding, findingOf } from './memory-effects.js';
import type { Answer } from './people.js';
import { ReadableRun } from './readable-run.js';
import { TesterError } from './tester-error.js';
import { durationMs } from './virtual-time.js';
import type { Inhabitant, Sent } from './world.js';

export interface Resolution {
  readonly outcome: 'succeeded' | 'failed' | 'retry';
  readonly output?: Json;
  readonly reason?: string;
  readonly by?: string;
  /** What is known of its effects by now; of those that are not named, with `retry`: they have not happened. */
  readonly effects?: readonly Finding[];
}

type Said = Omit<Answer, 'decision' | 'after'>;

/**
 * A run in virtual time: what it has come to, and what may be done with it. Whatever is done, it goes on afterwards until it has ended or
 * waits for somebody.
 */
export class TestedRun<Output = Json> extends ReadableRun<Output, TestedRun> {
  protected open(child: Inhabitant): TestedRun {
    return new TestedRun(this.world, child);
  }

  /** Lets so much time pass, no less and no more. */
  async advance(duration: string): Promise<this> {
    await this.world.advance(durationMs(duration));
    return this;
  }

  /** On to its next rest, from where `advance` has left it. */
  async goOn(): Promise<this> {
    await this.world.rest();
    return this;
  }

  /** Lets time pass until it has ended: whoever it waits for does not come. */
  async toEnd(): Promise<this> {
    await this.world.end();
    return this;
  }

  approve(task: string, answer: Said): Promise<this> {
    return this.answer(task, { ...answer, decision: 'approved' });
  }

  reject(task: string, answer: Said): Promise<this> {
    return this.answer(task, { ...answer, decision: 'rejected' });
  }

  /** Events come in, all at this moment: to every run that waits for them, child runs included. */
  async publish(...events: readonly Sent[]): Promise<this> {
    this.world.publish(events, null);
    return this.goOn();
  }

  /** Events for this run alone, whatever its waits match by, as `POST /v1/runs/ID/events` takes them. */
  async deliver(...events: readonly Sent[]): Promise<this> {
    this.world.publish(events, this.run);
    return this.goOn();
  }

  cancel({ by = null, reason = null }: { readonly by?: string | null; readonly reason?: string | null } = {}): Promise<this> {
    this.refuseEnded('cancelled');
    return this.tell({ kind: 'cancel', by, reason });
  }

  pause({ by = null }: { readonly by?: string | null } = {}): Promise<this> {
    this.refuseEnded('paused');
    return this.tell({ kind: 'pause', by });
  }

  resume({ by = null }: { readonly by?: string | null } = {}): Promise<this> {
    if (this.status !== 'paused')
      throw new TesterError('WRONG_STATE', `the run is ${this.status}: only one that is paused is resumed`);
    return this.tell({ kind: 'resume', by });
  }

  /** A failed run is taken up again, from what failed in it. */
  retry({ by = null }: { readonly by?: string | null } = {}): Promise<this> {
    const { status, progress } = this.run.run;
    if (status !== 'failed' || progress.compensated)
      throw new TesterError(
        'WRONG_STATE',
        `the run ${progress.compensated ? 'has been compensated' : `is ${status}`}: only a failed run that has undone nothing is taken up again`,
      );
    return this.tell({ kind: 'retry-run', by });
  }

  /** The wait before the next attempt ends now. */
  retryNow(task: string, { by = null }: { readonly by?: string | null } = {}): Promise<this> {
    const { node, at } = this.rowIn(task, 'retrying');
    return this.tell({ kind: 'retry-now', node, at, by });
  }

  /** What a person says a parked task has come to. */
  resolve(task: string, { outcome, output = null, reason, by, effects = [] }: Resolution): Promise<this> {
    const { node, at } = this.rowIn(task, 'parked');
    const names = this.run.ledger.effects.of({ node, at }).map(({ name }) => name);
    const unknown = effects.find(({ name }) => !names.includes(name));
    if (unknown !== undefined)
      throw new TesterError('UNKNOWN_NAME', `"${task}" has no effect "${unknown.name}"; it has ${names.join(', ') || 'none'}`);
    const said = { outcome, output: toJsonText(output), reason: reason ?? null, by: by ?? null, effects: effects.map(findingOf) };
    return this.tell({ kind: 'resolve', node, at, ...said });
  }

  /** The process that runs the attempts of this run is killed: nobody hears of them again, until their leases are over. */
  async killExecutor(): Promise<this> {
    this.run.executor.kill();
    return this.goOn();
  }

  private tell(input: Input): Promise<this> {
    this.world.tell(this.run, input);
    return this.goOn();
  }

  private async answer(task: string, { form = null, ...said }: Omit<Answer, 'after'>): Promise<this> {
    const { node, at } = this.addressOf(task);
    const asked = this.run.ledger.approvals.find(node, at);
    if (asked === null || asked.state !== 'open') {
      const state = asked === null ? 'nobody has been asked yet' : `it is ${asked.state}`;
      throw new TesterError('WRONG_STATE', `nobody can decide about "${task}": ${state}`);
    }
    const filled = asked.request.form !== null && form === null && said.decision === 'approved' ? {} : form;
    const [problem] = asked.request.form === null || filled === null ? [] : checkInput(asked.request.form, filled);
    if (problem !== undefined)
      throw new TesterError('INVALID_INPUT', `the form does not fit: ${problem.path} ${problem.message}`);
    this.run.passTo(this.world.now);
    const answered = this.run.decideApproval({ node, at, fence: asked.request.fence }, { ...said, form: filled });
    if (answered === 'not-allowed') {
      const who = asked.assignees.join(', ') || 'anybody but who has asked for it';
      throw new TesterError('WRONG_STATE', `${said.by} may not decide about "${task}"; who may: ${who}`);
    }
    if (answered === 'twice') throw new TesterError('WRONG_STATE', `${said.by} has already answered "${task}"`);
    return this.goOn();
  }

  private rowIn(task: string, status: TaskState['status']): TaskState {
    const { node, at } = this.addressOf(task);
    const row = this.run.ledger.tasks.get(keyOf(node, at));
    if (row?.status === status) return row;
    throw new TesterError('WRONG_STATE', `task "${task}" is ${this.run.statusOf(task)}, not ${status}`);
  }

  private refuseEnded(what: string): void {
    if (hasRunEnded(this.status))
      throw new TesterError('WRONG_STATE', `the run has ended (${this.status}): it cannot be ${what} any more`);
  }
}
