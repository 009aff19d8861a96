import type { MemberStore } from './member-store.js';

export interface KeepMemberOptions {
  readonly members: Pick<MemberStore, 'renew' | 'remove'>;
  readonly id: string;
  readonly service: string;
  /** What it says of itself, asked at every beat. */
  readonly info: () => Readonly<Record<string, unknown>>;
  readonly onError: (error: unknown) => void;
}

const LEASE_MS = 15_000;
const EVERY_MS = 5_000;

/** Says every five seconds that this process is alive. */
export class KeepMember {
  private timer: NodeJS.Timeout | null = null;
  private beating: Promise<void> = Promise.resolve();

  constructor(private readonly options: KeepMemberOptions) {}

  async start(): Promise<void> {
    this.timer = setInterval(() => void this.beat(), EVERY_MS);
    await this.beat();
  }

  /** Says goodbye: what is not there any more was stopped, and did not die. */
  async stop(): Promise<void> {
    if (this.timer === null) return;
    clearInterval(this.timer);
    this.timer = null;
    await this.beating;
    await this.options.members.remove(this.options.id).catch(this.options.onError);
  }

  private beat(): Promise<void> {
    const { members, id, service, info, onError } = this.options;
    this.beating = members.renew(id, service, info(), LEASE_MS).catch(onError);
    return this.beating;
  }
}
