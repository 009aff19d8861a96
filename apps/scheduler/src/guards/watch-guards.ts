import type { DependencyPolicy, Guards, HandlerLimits, PartialRetryPolicy } from '@reprise/core';
import type { DependencyStore, Member, MemberStore } from '@reprise/ledger';
import type { Logger, Settings } from '@reprise/service';
import { readHandlerLimits } from './read-handler-limits.js';
import { readHandlerRetries } from './read-handler-retries.js';

export interface WatchGuardsOptions {
  readonly dependencies: Pick<DependencyStore, 'troubled'>;
  readonly members: Pick<MemberStore, 'live'>;
  readonly settings: Settings;
  readonly logger: Logger;
}

export const policyOf = (settings: Settings): DependencyPolicy => ({
  breaker: {
    failurePercent: settings.breakerPercent,
    minimumCalls: settings.breakerCalls,
    windowMs: settings.breakerWindowMs,
    openMs: settings.breakerOpenMs,
    longestOpenMs: Math.max(settings.breakerOpenMs, settings.breakerLongestOpenMs),
    canaries: settings.breakerCanaries,
    canaryMs: 2 * settings.leaseMs,
  },
  budget: { percent: settings.retryBudgetPercent, floorPerSecond: settings.retryBudgetFloor },
});

/**
 * What may hold attempts back, as this process knows it: a look into the ledger every second instead of one with every batch. What is
 * not known yet is found by executors, who send an attempt back; what is known wrongly is put right by the ledger when it is asked.
 */
export class WatchGuards implements Guards {
  readonly dependencies: Guards['dependencies'];
  readonly budgeted = true;
  private troubled: ReadonlySet<string> = new Set();
  private limits: ReadonlyMap<string, HandlerLimits> = new Map();
  /** Also of those that are gone: it is asked for when an attempt was lost, with all of its executors perhaps. */
  private readonly retries = new Map<string, PartialRetryPolicy | null>();
  private looking = false;

  constructor(private readonly options: WatchGuardsOptions) {
    this.dependencies = options.settings.dependencies;
  }

  readonly isTroubled = (dependency: string): boolean => this.troubled.has(dependency);

  readonly limitsOf = (call: string): HandlerLimits | null => this.limits.get(call) ?? null;

  readonly retryOf = (call: string): PartialRetryPolicy | null => this.retries.get(call) ?? null;

  /** Never throws: what was known stays known. */
  async look(): Promise<void> {
    const { dependencies, members, logger } = this.options;
    if (this.looking) return;
    this.looking = true;
    try {
      if (this.dependencies !== 'off') this.troubled = await dependencies.troubled();
      const live = await members.live('executor');
      this.limits = withThoseGone(limitsOfAll(live), this.limits, live);
      // Where replicas differ, the one that started last is of the newer version.
      for (const { info } of live.toSorted((a, b) => a.startedAt - b.startedAt))
        for (const [call, said] of readHandlerRetries(info)) this.retries.set(call, said);
    } catch (error) {
      logger.debug({ error }, 'breakers and limits of handlers could not be read; they are read again in a second');
    } finally {
      this.looking = false;
    }
  }
}

/** Where replicas of one handler say different things, as while a new version is rolled out, the strictest counts. */
function limitsOfAll(members: readonly Member[]): ReadonlyMap<string, HandlerLimits> {
  const limits = new Map<string, HandlerLimits>();
  for (const { info } of members)
    for (const [call, said] of readHandlerLimits(info)) limits.set(call, strictest(limits.get(call), said));
  return limits;
}

/** All executors of a handler may be away for a moment: attempts that are let go meanwhile would not be counted when they are back. */
function withThoseGone(
  limits: ReadonlyMap<string, HandlerLimits>,
  before: ReadonlyMap<string, HandlerLimits>,
  live: readonly Member[],
): ReadonlyMap<string, HandlerLimits> {
  const hosted = new Set(live.flatMap(({ info }): unknown[] => (Array.isArray(info['handlers']) ? info['handlers'] : [])));
  return new Map([...[...before].filter(([call]) => !hosted.has(call)), ...limits]);
}

function strictest(a: HandlerLimits | undefined, b: HandlerLimits): HandlerLimits {
  if (a === undefined) return b;
  const rates = [a.rate, b.rate].filter((rate) => rate !== null).sort((x, y) => x.max / x.perMs - y.max / y.perMs);
  const concurrency = [a.concurrency, b.concurrency].filter((most) => most !== null);
  return { rate: rates[0] ?? null, concurrency: concurrency.length === 0 ? null : Math.min(...concurrency) };
}
