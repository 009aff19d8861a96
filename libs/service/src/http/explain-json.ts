export interface JsonExplanation {
  readonly code: 'invalid_json' | 'duplicate_key';
  readonly message: string;
  readonly position: number;
  readonly line: number;
  readonly column: number;
}

class Found extends Error {
  constructor(
    readonly code: JsonExplanation['code'],
    readonly what: string,
    readonly position: number,
  ) {
    super(what);
  }
}

/** Finds the first thing wrong with a text that is not good JSON. Slow and exact; `JSON.parse` is for the good ones. */
export function explainJson(text: string): JsonExplanation {
  const scan = new Scan(text);
  try {
    scan.value();
    scan.end();
  } catch (error) {
    if (!(error instanceof Found)) throw error;
    const before = text.slice(0, error.position);
    const line = before.split('\n').length;
    const column = error.position - (before.lastIndexOf('\n') + 1) + 1;
    return {
      code: error.code,
      message: `${error.what} at line ${line}, column ${column}.`,
      position: error.position,
      line,
      column,
    };
  }
  return { code: 'invalid_json', message: 'The text is not JSON.', position: 0, line: 1, column: 1 };
}

/** A strict reader of RFC 8259. Recursive: the caller has checked the depth. */
class Scan {
  private at = 0;
  constructor(private readonly text: string) {}

  value(): void {
    this.blank();
    const start = this.text[this.at];
    if (start === '{') return this.object();
    if (start === '[') return this.array();
    if (start === '"') return void this.string();
    const literal = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)/y;
    literal.lastIndex = this.at;
    const match = literal.exec(this.text);
    if (match === null) this.fail('a value');
    this.at += match[0].length;
  }

  end(): void {
    this.blank();
    if (this.at < this.text.length) this.fail('the end');
  }

  private object(): void {
    const keys = new Set<string>();
    this.at += 1;
    this.blank();
    if (this.skip('}')) return;
    do {
      this.blank();
      const start = this.at;
      if (this.text[this.at] !== '"') this.fail('a key in double quotes');
      const key = this.string();
      if (keys.has(key))
        throw new Found(
          'duplicate_key',
          `The key ${JSON.stringify(key.slice(0, 100))} comes twice in one object, the second time`,
          start,
        );
      keys.add(key);
      this.blank();
      if (!this.skip(':')) this.fail('":"');
      this.value();
      this.blank();
    } while (this.skip(','));
    if (!this.skip('}')) this.fail('"," or "}"');
  }

  private array(): void {
    this.at += 1;
    this.blank();
    if (this.skip(']')) return;
    do {
      this.value();
      this.blank();
    } while (this.skip(','));
    if (!this.skip(']')) this.fail('"," or "]"');
  }

  private string(): string {
    const start = this.at;
    this.at += 1;
    for (;;) {
      const character = this.text[this.at];
      if (character === undefined) this.fail('the end of a text that began earlier');
      if (character === '"') break;
      if (character < ' ') this.fail('no raw control character inside a text (write \\n, \\t, \\u00XX)');
      if (character === '\\') this.escape();
      else this.at += 1;
    }
    this.at += 1;
    return JSON.parse(this.text.slice(start, this.at)) as string;
  }

  private escape(): void {
    const known = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
    known.lastIndex = this.at;
    const match = known.exec(this.text);
    if (match === null) this.fail('a known escape after "\\"');
    this.at += match[0].length;
  }

  private blank(): void {
    while (this.at < this.text.length && ' \t\n\r'.includes(this.text[this.at] ?? '')) this.at += 1;
  }

  private skip(character: string): boolean {
    if (this.text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }

  private fail(expected: string): never {
    const found = this.text[this.at];
    throw new Found(
      'invalid_json',
      `The JSON is broken: expected ${expected}, found ${found === undefined ? 'the end' : JSON.stringify(found)}`,
      this.at,
    );
  }
}
