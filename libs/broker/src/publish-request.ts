import { BrokerError } from './broker-error.js';

export interface OutgoingMessage {
  readonly exchange: string;
  readonly routingKey: string;
  readonly body: Buffer | string;
  /** Copied; pass headers of a received message through `cleanHeaders` first. */
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly messageId?: string;
  readonly type?: string;
  /** Default `application/json`. */
  readonly contentType?: string;
  readonly appId?: string;
  readonly contentEncoding?: string;
  readonly replyTo?: string;
  readonly timestamp?: number;
  /** Of an answer: what the asker knows its request by. */
  readonly correlationId?: string;
}

export type PublishOutcome =
  | { readonly kind: 'confirmed' }
  /** No queue wanted it; the broker has forgotten it. */
  | { readonly kind: 'returned' }
  /** `NOT_SENT`, `NACKED`, `REFUSED`, `CLOSED`: not in a queue. `CONFIRM_TIMEOUT`, `CHANNEL_CLOSED`: unknown, it may arrive. */
  | { readonly kind: 'failed'; readonly cause: BrokerError };

const CONFIRMED: PublishOutcome = { kind: 'confirmed' };
const RETURNED: PublishOutcome = { kind: 'returned' };

/** One `publish` call: its outcomes come in any order and are handed over together. */
export class PublishRequest {
  readonly done: Promise<PublishOutcome[]>;
  readonly entries: PublishEntry[];
  private readonly outcomes: (PublishOutcome | undefined)[];
  private missing: number;
  private finish: (outcomes: PublishOutcome[]) => void = () => {};

  constructor(messages: readonly OutgoingMessage[]) {
    this.entries = messages.map((message, index) => new PublishEntry(this, index, message));
    this.outcomes = new Array<PublishOutcome | undefined>(messages.length).fill(undefined);
    this.missing = messages.length;
    this.done = new Promise((resolve) => {
      this.finish = resolve;
    });
    if (this.missing === 0) this.finish([]);
  }

  isOpen(index: number): boolean {
    return this.outcomes[index] === undefined;
  }

  /** The first outcome of a message counts: a confirm after the timeout changes nothing. */
  settle(index: number, outcome: PublishOutcome): void {
    if (!this.isOpen(index)) return;
    this.outcomes[index] = outcome;
    this.missing -= 1;
    if (this.missing === 0) this.finish(this.outcomes.filter((known) => known !== undefined));
  }
}

export class PublishEntry {
  /** Counted among the outstanding ones. */
  sent = false;
  private returned = false;

  constructor(
    private readonly request: PublishRequest,
    private readonly index: number,
    readonly message: OutgoingMessage,
  ) {}

  get isOpen(): boolean {
    return this.request.isOpen(this.index);
  }

  markReturned(): void {
    this.returned = true;
  }

  confirm(): void {
    this.request.settle(this.index, this.returned ? RETURNED : CONFIRMED);
  }

  fail(cause: BrokerError): void {
    this.request.settle(this.index, { kind: 'failed', cause });
  }
}
