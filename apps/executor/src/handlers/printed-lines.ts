import type { Readable } from 'node:stream';

/** Of one line; what follows of it is left out. */
const LONGEST = 16_000;

/** What a program prints, line by line, as it comes. */
export class PrintedLines {
  private readonly decoder = new TextDecoder();
  private begun = '';
  /** The rest of a line that was too long. */
  private isLeavingOut = false;

  constructor(private readonly onLine: (line: string) => void) {}

  static of(stream: Readable, onLine: (line: string) => void): PrintedLines {
    const lines = new PrintedLines(onLine);
    stream.on('data', (chunk: Buffer) => lines.add(chunk));
    return lines;
  }

  add(chunk: Buffer): void {
    this.split(this.decoder.decode(chunk, { stream: true }));
  }

  /** What had no line break at its end is a line as well. */
  end(): void {
    this.split(this.decoder.decode());
    if (this.begun !== '') this.onLine(this.begun);
    this.begun = '';
  }

  private split(text: string): void {
    let from = 0;
    for (let to = text.indexOf('\n'); to >= 0; to = text.indexOf('\n', from)) {
      this.extend(text.slice(from, to));
      if (!this.isLeavingOut) this.onLine(this.begun.endsWith('\r') ? this.begun.slice(0, -1) : this.begun);
      this.begun = '';
      this.isLeavingOut = false;
      from = to + 1;
    }
    this.extend(text.slice(from));
  }

  private extend(text: string): void {
    if (this.isLeavingOut || text === '') return;
    this.begun += text.slice(0, LONGEST - this.begun.length);
    if (this.begun.length < LONGEST) return;
    this.onLine(this.begun);
    this.begun = '';
    this.isLeavingOut = true;
  }
}
