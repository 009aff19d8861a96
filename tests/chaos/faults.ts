import { expect } from '@jest/globals';
import { eventually } from '@reprise/testing';
import { Installation, type InstallationOptions, type ServiceName, type StartOptions } from '../system/installation.js';
import type { KeptService } from '../system/kept-service.js';
import { PATIENCE_MS, prepareLoad, type Until } from './load.js';

/** Long enough for a busy machine's executor to renew in time, short enough to wait for its end. */
export const SHORT_LEASE = '2s';

/** All four services, each kept alive by a supervisor, the load's workflow registered. `special` says how some of them are started. */
export async function underChaos(
  special: Partial<Record<ServiceName, StartOptions>> = {},
  options: InstallationOptions = {},
): Promise<Installation> {
  const reprise = await Installation.create({ lease: SHORT_LEASE, ...options });
  try {
    // Registering comes before the fault: the trigger that may die is started when all else is ready.
    const names: readonly ServiceName[] = ['trigger', 'scheduler', 'executor'];
    await Promise.all(names.map((name) => reprise.startOne(name, { restart: true, ...special[name] }).ready()));
    await reprise.startOne('monitor', { restart: true, ...special.monitor }).ready();
    await prepareLoad(reprise);
    return reprise;
  } catch (error) {
    // What the end failed with would hide why.
    await reprise.end().catch(() => undefined);
    throw error;
  }
}

/**
 * Two triggers at a time, and no other, each of which dies of all these faults and is gone then: whoever had none left would be quicker for
 * ever. Afterwards there is one that lives.
 */
export async function spendOnTriggers(reprise: Installation, faults: readonly string[]): Promise<void> {
  await reprise.one('trigger').stop();
  const mortal = Array.from({ length: 2 }, () => reprise.startOne('trigger', { restart: true, faults }));
  const dies = async (trigger: KeptService) => {
    const soFar = () => expect(trigger.deaths).toBe(faults.length);
    await reprise.orTell(eventually(soFar, { what: 'all faults of a trigger have struck', timeoutMs: PATIENCE_MS }));
    await trigger.stop();
  };
  await Promise.all(mortal.map(dies));
  await reprise.startOne('trigger').ready();
}

export const deathsOf = (services: readonly KeptService[]): number => services.reduce((sum, service) => sum + service.deaths, 0);

/** As long as it takes: every one of these faults has struck. */
export const allStruck = (deaths: () => number, faults: readonly string[]): Until => ({
  isSo: () => deaths() >= faults.length,
  soFar: () => `${deaths()} of ${faults.length} faults have struck`,
});
