import { isDeepStrictEqual } from 'node:util';
import type { MockAttempt } from './mock.js';

/** Where an attempt is disturbed: before or after what it does there has taken place; `end`: when it has returned. */
export type Place = Point | 'end';

/** The first, second… time that it does this. */
export interface Point {
  readonly name: string;
  readonly time: number;
  readonly side: 'before' | 'after';
}

/** One attempt of the handler that is proved, in its dealings with the world outside. */
export class Actor {
  /** What it has done, in order: the places where it may be disturbed. */
  readonly points: string[] = [];
  private isDead = false;

  constructor(
    private readonly attempt: Pick<MockAttempt, 'dies'>,
    private readonly place: Place | null,
    /** How it is disturbed; `dead`: its process is gone. */
    private readonly disturb: () => Promise<'dead' | 'goes on'>,
  ) {}

  /** Its process dies here. */
  die(): 'dead' {
    this.attempt.dies();
    return 'dead';
  }

  async at<Result>(name: string, act: () => Promise<Result>): Promise<Result> {
    if (this.isDead) return never();
    this.points.push(name);
    const time = this.points.filter((each) => each === name).length;
    await this.pass({ name, time, side: 'before' });
    const result = await act();
    await this.pass({ name, time, side: 'after' });
    return result;
  }

  /** It has returned, and its outcome is on its way. */
  async end(): Promise<void> {
    if (this.place === 'end') await this.suffer();
  }

  private async pass(point: Point): Promise<void> {
    if (this.isDead) return never();
    if (isDeepStrictEqual(this.place, point)) await this.suffer();
  }

  private async suffer(): Promise<void> {
    if ((await this.disturb()) === 'goes on') return;
    this.isDead = true;
    return never();
  }
}

const never = (): Promise<never> => new Promise(() => undefined);
