declare const STANDS_FOR: unique symbol;
declare const IS_SECRET: unique symbol;

/** A place in a run's data, written down while the workflow is built. `Value` is what will stand there in a run. */
export interface Reference<out Value> {
  readonly [STANDS_FOR]: Value;
}

/** A place of which nothing is known: any field may be read, and it may stand for anything; a run finds out. */
// biome-ignore lint/suspicious/noExplicitAny: of nothing else can fields be read that nobody has declared, whatever the compiler's settings
export type Untyped = any;

/** `secrets.NAME`: may be passed on, whole or within text, and never read. */
export interface Secret {
  readonly [IS_SECRET]: true;
}

export type Ref<Value> = [Value] extends [never]
  ? Untyped
  : [unknown] extends [Value]
    ? Untyped
    : Reference<Value> & Fields<NonNullable<Value>, Gap<Value>>;

/** What is read of something that may be absent may be absent. */
type Gap<Value> = null extends Value ? undefined : undefined extends Value ? undefined : never;

type Fields<Value, Missing> = Value extends string | number | boolean
  ? unknown
  : Value extends readonly (infer Item)[]
    ? { readonly [position: number]: Ref<Item | Missing> }
    : { readonly [Field in keyof Value]-?: Ref<Value[Field] | Missing> };

/** Steps of a path; `text` is where it starts: a name, or an expression in brackets. */
interface Source {
  readonly text: string;
  readonly steps: readonly string[];
  /** Something that binds less tightly than a field access. */
  readonly compound: boolean;
}

const sources = new WeakMap<object, Source>();

const refuse = (what: string): never => {
  throw new TypeError(`${what}: only a run has a value there; for text write a template, for anything else expr\`…\``);
};

const handler: ProxyHandler<object> = {
  get(target, key) {
    const source = find(target);
    if (key === Symbol.toPrimitive)
      return (hint: string) => (hint === 'string' ? `\${{ ${textOf(source)} }}` : refuse(`arithmetic with ${textOf(source)}`));
    // Whatever looks for iterators and the like finds none.
    if (typeof key === 'symbol') return undefined;
    return source.compound
      ? reference({ text: `(${source.text})`, steps: [key], compound: false })
      : reference({ ...source, steps: [...source.steps, key] });
  },
  // `{ ...input }` would copy nothing, without a word.
  ownKeys: (target) => refuse(`copying the fields of ${textOf(find(target))}`),
};

function reference(source: Source): object {
  const target = {};
  const proxy = new Proxy(target, handler);
  sources.set(target, source);
  sources.set(proxy, source);
  return proxy;
}

export const isReference = (value: unknown): value is object => typeof value === 'object' && value !== null && sources.has(value);

/** The beginning of a path, such as `input`. */
export const root = (name: string): object => reference({ text: name, steps: [], compound: false });

/** An expression as it is written. */
export const compound = (text: string): object => reference({ text, steps: [], compound: true });

/** Its expression, without `${{ }}`. */
export function sourceOf(value: object): string {
  return textOf(find(value));
}

/** Its expression as a part of another one. */
export function operandOf(value: object): string {
  const source = find(value);
  return source.compound ? `(${textOf(source)})` : textOf(source);
}

/** Its expression as an optional: the first step that may lead nowhere is taken carefully. null: there is no such step. */
export function optionalOf(value: object): string | null {
  const { text, steps, compound } = find(value);
  const certain = text === 'tasks' ? 2 : text === 'input' || text === 'output' || text.startsWith('(') ? 0 : 1;
  const careful = steps[certain];
  if (compound || careful === undefined) return null;
  const before = steps.slice(0, certain).map(step).join('');
  return `${text}${before}${carefulStep(careful)}${steps
    .slice(certain + 1)
    .map(step)
    .join('')}`;
}

function find(value: object): Source {
  const source = sources.get(value);
  if (source === undefined) throw new TypeError('not a reference');
  return source;
}

const textOf = ({ text, steps }: Source): string => text + steps.map(step).join('');

const NAME = /^(?!(?:true|false|null|in)$)[A-Za-z_][A-Za-z0-9_]*$/;
const POSITION = /^(?:0|[1-9]\d*)$/;

const bracketed = (key: string): string => (POSITION.test(key) ? key : quoted(key));
const step = (key: string): string => (NAME.test(key) ? `.${key}` : `[${bracketed(key)}]`);
const carefulStep = (key: string): string => (NAME.test(key) ? `.?${key}` : `[?${bracketed(key)}]`);

/** A text as the language of expressions writes it. */
export function quoted(text: string): string {
  const escaped = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
  return `'${escaped}'`;
}
