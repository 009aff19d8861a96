import type { Publisher } from '@reprise/broker';
import { type Alarm, encodeAlarm, shardOf, type TopologyNames, wheelRoute } from '@reprise/contracts';
import type { DatabaseClock } from '@reprise/ledger';

/** Longer rests go round the wheel again, so that few deliveries are held. */
const LONGEST_HOLD_MS = 1_000;
/** The clocks agree to about a millisecond; ringing early would only cost a second round. */
const MARGIN_MS = 1;

/** Holds an alarm until it is due by the database's clock, or sends it round again. */
export class HoldAlarm {
  constructor(
    private readonly clock: Pick<DatabaseClock, 'now'>,
    private readonly publisher: Pick<Publisher, 'publish'>,
    private readonly names: TopologyNames,
  ) {}

  /** `due`: now is the time. `again`: it is on the wheel once more, confirmed. */
  async hold(alarm: Alarm): Promise<'due' | 'again'> {
    const restMs = alarm.dueAt - this.clock.now() + MARGIN_MS;
    if (restMs <= 0) return 'due';
    if (restMs > LONGEST_HOLD_MS) return this.sendAgain(alarm, restMs);
    await new Promise<void>((resolve) => setTimeout(resolve, restMs));
    return 'due';
  }

  private async sendAgain(alarm: Alarm, restMs: number): Promise<'due' | 'again'> {
    const route = wheelRoute(restMs, shardOf(alarm.run), this.names.wheelLevels);
    if (route.kind === 'now') return 'due';
    const message = {
      exchange: this.names.delayExchange(route.exchangeLevel),
      routingKey: route.routingKey,
      body: encodeAlarm(alarm),
    };
    const [outcome] = await this.publisher.publish([message]);
    if (outcome?.kind === 'failed') throw outcome.cause;
    // Somebody has deleted part of the wheel: it is repaired meanwhile, and this alarm is still the only one of its row.
    if (outcome?.kind !== 'confirmed')
      throw new Error(`the wheel did not take an alarm of run ${alarm.run} (${route.routingKey})`);
    return 'again';
  }
}
