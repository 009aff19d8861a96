interface Entry<Event> {
  readonly at: number;
  readonly order: number;
  readonly event: Event;
}

/** Events by their instant; those of one instant in the order they came. A binary heap. */
export class EventQueue<Event> {
  private readonly heap: Entry<Event>[] = [];
  private order = 0;

  get size(): number {
    return this.heap.length;
  }

  /** Epoch milliseconds of the next event, or null. */
  get nextAt(): number | null {
    return this.heap[0]?.at ?? null;
  }

  peek(): Event | null {
    return this.heap[0]?.event ?? null;
  }

  push(at: number, event: Event): void {
    const entry = { at, order: this.order++, event };
    let index = this.heap.length;
    this.heap.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(entry, this.heap[parent]!)) break;
      this.heap[index] = this.heap[parent]!;
      index = parent;
    }
    this.heap[index] = entry;
  }

  pop(): Event | null {
    const first = this.heap[0];
    const last = this.heap.pop();
    if (first === undefined || last === undefined) return null;
    if (this.heap.length > 0) this.sink(last);
    return first.event;
  }

  private sink(entry: Entry<Event>): void {
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= this.heap.length) break;
      if (child + 1 < this.heap.length && isBefore(this.heap[child + 1]!, this.heap[child]!)) child += 1;
      if (!isBefore(this.heap[child]!, entry)) break;
      this.heap[index] = this.heap[child]!;
      index = child;
    }
    this.heap[index] = entry;
  }
}

const isBefore = <Event>(a: Entry<Event>, b: Entry<Event>): boolean => (a.at === b.at ? a.order < b.order : a.at < b.at);
