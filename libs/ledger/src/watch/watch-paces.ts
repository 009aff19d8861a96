import { isQuick } from '@reprise/contracts';
import type { Member, MemberStore } from './member-store.js';

export interface WatchPacesOptions {
  readonly members: Pick<MemberStore, 'live'>;
  readonly onError: (error: unknown) => void;
}

/** Which calls are quick, as the executors that live say: looked at now and then instead of with every batch. */
export class WatchPaces {
  private executors: readonly Member['info'][] = [];
  /** What has been asked since the last look. */
  private answers = new Map<string, boolean>();

  constructor(private readonly options: WatchPacesOptions) {}

  readonly isQuick = (lane: string, call: string): boolean => {
    const key = `${lane} ${call}`;
    const known = this.answers.get(key);
    if (known !== undefined) return known;
    const answer = isQuick(this.executors, lane, call);
    this.answers.set(key, answer);
    return answer;
  };

  /** Never throws. What cannot be read is not known: then no call is quick. */
  async look(): Promise<void> {
    const { members, onError } = this.options;
    try {
      this.executors = (await members.live('executor')).map(({ info }) => info);
    } catch (error) {
      this.executors = [];
      onError(error);
    }
    this.answers = new Map();
  }
}
