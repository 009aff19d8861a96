import type { Wants } from './decision.js';

/**
 * Thrown inside the core only, caught by `decide`: the decision cannot be made from what was loaded.
 * No Error: it is an everyday answer, and collecting a stack each time would cost more than the decision.
 */
export class NeedsMore {
  readonly wants: Wants;

  constructor(wants: Partial<Wants>) {
    this.wants = { ...NOTHING, ...wants };
  }
}

const NOTHING: Wants = {
  tasks: [],
  slices: [],
  items: [],
  texts: [],
  open: false,
  events: [],
  children: [],
  approvals: [],
  admissions: [],
  undoable: false,
  slot: false,
};

export const together = (a: Wants, b: Wants): Wants => ({
  tasks: [...a.tasks, ...b.tasks],
  slices: [...a.slices, ...b.slices],
  items: [...a.items, ...b.items],
  texts: [...a.texts, ...b.texts],
  open: a.open || b.open,
  events: [...a.events, ...b.events],
  children: [...a.children, ...b.children],
  approvals: [...a.approvals, ...b.approvals],
  admissions: [...a.admissions, ...b.admissions],
  undoable: a.undoable || b.undoable,
  slot: a.slot || b.slot,
});
