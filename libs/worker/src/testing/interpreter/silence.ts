import type { Simulation } from './simulation.js';

/** How long work is silent: with a limit on that, it fails when it has given no sign of life for so long. */
export class Silence {
  private since: number;
  private isOver = false;

  constructor(
    private readonly simulation: Simulation,
    private readonly limitMs: number | null,
    private readonly tooLong: () => void,
  ) {
    this.since = simulation.now;
    this.watch();
  }

  beat(): void {
    this.since = this.simulation.now;
  }

  end(): void {
    this.isOver = true;
  }

  private watch(): void {
    if (this.limitMs === null) return;
    const { limitMs, since } = this;
    this.simulation.ringAt(since + limitMs, () => {
      if (this.isOver) return;
      if (this.since === since) this.tooLong();
      else this.watch();
    });
  }
}
