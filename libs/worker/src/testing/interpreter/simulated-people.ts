import { type ApprovalWrite, type Json, pathOf } from '@reprise/core';
import type { Answered, ApprovalBook, PersonAnswer } from './memory/approval-book.js';
import type { SimulatedNotices, Told } from './simulated-notices.js';
import type { Simulation } from './simulation.js';

/** What people are told: that they are asked, or reminded, or asked too. */
export interface SimulatedRequest {
  /** `page[3].approve` */
  readonly path: string;
  readonly told: 'requested' | 'reminded' | 'escalated';
  readonly subject: string;
  readonly assignees: readonly string[];
  readonly requester: string | null;
  readonly form: Json | null;
}

/** What they do about it, and when (1 s if they do not say). */
export type SimulatedPeople = (request: SimulatedRequest) => readonly (PersonAnswer & { readonly afterMs?: number })[];

const AFTER_MS = 1_000;

/** People hear of approvals and answer them; an answer that decides leaves a notice, and sends a message that may be lost. */
export class SimulatedOffice {
  constructor(
    private readonly simulation: Simulation,
    private readonly notices: SimulatedNotices,
    private readonly people: SimulatedPeople,
  ) {}

  private get book(): ApprovalBook {
    return this.simulation.ledger.approvals;
  }

  /** What was committed comes to their ears. */
  hear(writes: readonly ApprovalWrite[]): void {
    for (const write of writes) {
      const told = TOLD[write.kind];
      const row = this.book.find(write.node, write.at);
      if (told === null || row === null) continue;
      const { subject, requester, form } = row.request;
      const path = pathOf(this.simulation.workflow, write);
      const answers = this.people({ path, told, subject, assignees: row.assignees, requester, form });
      const { node, at, fence } = write;
      for (const { afterMs = AFTER_MS, ...answer } of answers) {
        this.simulation.queue.push(this.simulation.now + afterMs, { kind: 'person', task: { node, at, fence }, answer });
      }
    }
  }

  answer(task: Told, answer: PersonAnswer): Answered {
    const { now, fates } = this.simulation;
    const answered = this.book.answer(task, answer, now);
    if (answered !== 'decided') return answered;
    this.notices.write(task);
    if (fates.message() !== 'lost') this.simulation.send({ kind: 'wake', ...task }, 1);
    return answered;
  }
}

const TOLD = {
  request: 'requested',
  remind: 'reminded',
  escalate: 'escalated',
  expire: null,
  close: null,
} as const satisfies Record<ApprovalWrite['kind'], SimulatedRequest['told'] | null>;
