const OTHER = '_other';

interface Node<T> {
  readonly children: Map<string, Node<T>>;
  series: T | undefined;
}

/**
 * The series of one metric by their label values: one map look-up per label, nothing allocated for a known series.
 * Once `maxSeries` exist, labels that take any value are counted under `_other`, so that users' names cannot fill the memory.
 */
export class SeriesIndex<T> {
  private root: Node<T> = newNode();
  private readonly names: readonly string[];
  private count = 0;

  constructor(
    private readonly labels: Readonly<Record<string, 'any' | readonly string[]>>,
    private readonly maxSeries: number,
    private readonly create: (values: string[]) => T,
  ) {
    this.names = Object.keys(labels);
  }

  get(labels: Readonly<Record<string, string>> | undefined): T {
    let node: Node<T> | undefined = this.root;
    for (let at = 0; node !== undefined && at < this.names.length; at++)
      node = node.children.get(labels?.[this.names[at] ?? ''] ?? '');
    return node?.series ?? this.add(this.names.map((name) => labels?.[name] ?? ''));
  }

  *all(): Iterable<T> {
    const open = [this.root];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if (node.series !== undefined) yield node.series;
      open.push(...node.children.values());
    }
  }

  clear(): void {
    this.root = newNode();
    this.count = 0;
  }

  private add(given: string[]): T {
    const full = this.count >= this.maxSeries;
    const values = full ? given.map((value, at) => (this.labels[this.names[at] ?? ''] === 'any' ? OTHER : value)) : given;
    let node = this.root;
    for (const value of values) {
      let child = node.children.get(value);
      if (child === undefined) {
        child = newNode();
        node.children.set(value, child);
      }
      node = child;
    }
    if (node.series === undefined) {
      node.series = this.create(values);
      this.count += 1;
    }
    return node.series;
  }
}

function newNode<T>(): Node<T> {
  return { children: new Map(), series: undefined };
}
