import { hasLivingMembers } from './living-members.js';

const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 100;

/** A program and everything it started that stayed in its group. */
export class ProcessGroup {
  private leaderHasExited = false;
  private ending: Promise<void> | null = null;

  /** `id`: the process id of its leader, who was started `detached`. */
  constructor(
    readonly id: number,
    private readonly graceMs: number,
  ) {}

  leaderExited(): void {
    this.leaderHasExited = true;
  }

  /** SIGTERM, and SIGKILL for who is still there after the grace. Resolves when nobody is left to be told. */
  end(): Promise<void> {
    this.ending ??= this.terminate();
    return this.ending;
  }

  private async terminate(): Promise<void> {
    if (!this.tell('SIGTERM')) return;
    let waitedMs = 0;
    for (let pauseMs = FIRST_PAUSE_MS; waitedMs < this.graceMs; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      waitedMs += pauseMs;
      if (!this.tell(0) || !hasLivingMembers(this.id)) return;
    }
    this.tell('SIGKILL');
  }

  private tell(signal: NodeJS.Signals | 0): boolean {
    // The group's number is free again once all its members are gone: then a process of this number is a stranger.
    if (this.leaderHasExited && send(this.id, 0)) return false;
    return send(-this.id, signal);
  }
}

function send(id: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(id, signal);
  } catch (error) {
    // Not permitted: there is someone, who has changed user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
