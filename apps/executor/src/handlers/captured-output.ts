import type { Readable } from 'node:stream';

/** The beginning and the end of what a program wrote; what lies between is counted, not kept. */
export class CapturedOutput {
  private readonly half: number;
  private readonly head: Buffer[] = [];
  private tail: Buffer[] = [];
  private headBytes = 0;
  private tailBytes = 0;
  private dropped = 0;

  constructor(maximumBytes: number) {
    this.half = Math.max(1, Math.floor(maximumBytes / 2));
  }

  static of(stream: Readable, maximumBytes: number): CapturedOutput {
    const captured = new CapturedOutput(maximumBytes);
    stream.on('data', (chunk: Buffer) => captured.add(chunk));
    stream.on('error', () => undefined);
    return captured;
  }

  add(chunk: Buffer): void {
    const toHead = chunk.subarray(0, this.half - this.headBytes);
    if (toHead.length > 0) this.head.push(toHead);
    this.headBytes += toHead.length;
    const rest = chunk.subarray(toHead.length);
    if (rest.length === 0) return;
    this.tail.push(rest);
    this.tailBytes += rest.length;
    if (this.tailBytes > this.half * 2) this.trim();
  }

  /** UTF-8; what is no UTF-8 becomes U+FFFD. */
  text(): string {
    this.trim();
    const head = Buffer.concat(this.head);
    const tail = Buffer.concat(this.tail);
    if (this.dropped === 0) return new TextDecoder().decode(Buffer.concat([head, tail]));
    const { kept, left } = wholeCharacters(head, tail);
    return `${kept.head}\n… [${this.dropped + left} bytes left out] …\n${kept.tail}`;
  }

  private trim(): void {
    if (this.tailBytes <= this.half) return;
    const all = Buffer.concat(this.tail);
    const kept = all.subarray(all.length - this.half);
    this.dropped += all.length - kept.length;
    // A copy: a slice would hold on to everything it was cut from.
    this.tail = [Buffer.from(kept)];
    this.tailBytes = kept.length;
  }
}

/** A character cut in two at either side of the gap belongs to the gap. */
function wholeCharacters(head: Buffer, tail: Buffer) {
  const before = new TextDecoder().decode(head, { stream: true });
  let start = 0;
  while (start < 3 && ((tail[start] ?? 0) & 0xc0) === 0x80) start += 1;
  return {
    kept: { head: before, tail: new TextDecoder().decode(tail.subarray(start)) },
    left: start + Math.max(0, head.length - Buffer.byteLength(before)),
  };
}
