const OTHER = '_other';

type Labels = Readonly<Record<string, 'any' | readonly string[]>>;

interface Node<T> {
  readonly children: Map<string, Node<T>>;
  series: T | undefined;
}

export interface SeriesOptions<T> {
  readonly labels: Labels;
  /** Of values that users choose. */
  readonly maxCombinations: number;
  /** Values in the order of `labels`. */
  readonly create: (values: string[]) => T;
  /** A series for every value of the closed labels as soon as there is one: what begins with 1 has not grown, and no alert sees it. */
  readonly whole: boolean;
}

/**
 * The series of one metric by their label values: one map look-up per label, nothing allocated for a known series.
 * Once `maxCombinations` exist, labels that take any value are counted under `_other`, so that users' names cannot fill the memory.
 */
export class SeriesIndex<T> {
  private root: Node<T> = newNode();
  /** Labels that take any value come first: the tree below their values has the closed ones. */
  private readonly names: readonly string[];
  private readonly free: number;
  private count = 0;

  constructor(private readonly options: SeriesOptions<T>) {
    const names = Object.keys(options.labels);
    const isFree = (name: string): boolean => options.labels[name] === 'any';
    this.names = [...names.filter(isFree), ...names.filter((name) => !isFree(name))];
    this.free = names.filter(isFree).length;
    if (options.whole && this.free === 0) this.fill(this.root, []);
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

  private add(values: readonly string[]): T {
    const chosen = this.bounded(values.slice(0, this.free));
    const closed = values.slice(this.free);
    const top = grown(this.root, chosen);
    if (this.options.whole) this.fill(top, chosen);
    const node = grown(top, closed);
    node.series ??= this.create([...chosen, ...closed]);
    return node.series;
  }

  private bounded(chosen: readonly string[]): readonly string[] {
    let node: Node<T> | undefined = this.root;
    for (const value of chosen) node = node?.children.get(value);
    if (node !== undefined) return chosen;
    if (this.count >= this.options.maxCombinations) return chosen.map(() => OTHER);
    this.count += 1;
    return chosen;
  }

  private fill(node: Node<T>, above: readonly string[]): void {
    const values = this.options.labels[this.names[above.length] ?? ''];
    if (values === undefined) node.series ??= this.create(above);
    else if (values !== 'any') for (const value of values) this.fill(grown(node, [value]), [...above, value]);
  }

  private create(values: readonly string[]): T {
    const byName = new Map(this.names.map((name, at) => [name, values[at] ?? '']));
    return this.options.create(Object.keys(this.options.labels).map((name) => byName.get(name) ?? ''));
  }
}

function grown<T>(from: Node<T>, values: readonly string[]): Node<T> {
  let node = from;
  for (const value of values) {
    let child = node.children.get(value);
    if (child === undefined) {
      child = newNode();
      node.children.set(value, child);
    }
    node = child;
  }
  return node;
}

function newNode<T>(): Node<T> {
  return { children: new Map(), series: undefined };
}
