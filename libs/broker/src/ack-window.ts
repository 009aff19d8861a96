/**
 * Which deliveries of a channel may be acknowledged. Tags count from 1 without gaps on a channel with one consumer.
 * `multiple` acknowledges everything up to a tag, so only the longest settled prefix may be: acknowledging a later batch
 * when it finished first once lost the unfinished earlier one.
 */
export class AckWindow<Message> {
  private oldestTag = 1;
  private readonly settled = new Map<number, { readonly acknowledge: Message | null }>();

  /** Done with; it may be acknowledged. */
  done(tag: number, message: Message): void {
    this.settled.set(tag, { acknowledge: message });
  }

  /** Already answered with a requeue. */
  requeued(tag: number): void {
    this.settled.set(tag, { acknowledge: null });
  }

  /**
   * The message to acknowledge with `multiple`, or null when there is nothing new. Never a requeued one: the broker has
   * forgotten its tag and would close the channel over it.
   */
  advance(): Message | null {
    let last: Message | null = null;
    for (let next = this.settled.get(this.oldestTag); next; next = this.settled.get(this.oldestTag)) {
      last = next.acknowledge ?? last;
      this.settled.delete(this.oldestTag);
      this.oldestTag += 1;
    }
    return last;
  }
}
