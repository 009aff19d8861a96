import { describe, expect, test } from '@jest/globals';
import { silentLogger } from '../logging/logger.js';
import { Drain } from './drain.js';
import { type ProcessPort, ProcessSupervisor, type Supervised } from './process-supervisor.js';

describe('draining', () => {
  test('goes by stage, not by the order of registration; one step after the other', async () => {
    const drain = new Drain(silentLogger);
    const seen: string[] = [];
    const step = (name: string) => async (): Promise<void> => {
      seen.push(`${name} begins`);
      await Promise.resolve();
      seen.push(`${name} ends`);
    };
    drain.onDrain('close pools', 'pool', step('pool'));
    drain.onDrain('stop consuming', 'a', step('a'));
    drain.onDrain('flush outcomes', 'flush', step('flush'));
    drain.onDrain('stop consuming', 'b', step('b'));
    expect(drain.signal.aborted).toBe(false);
    const [first, second] = await Promise.all([drain.run(), drain.run()]);
    expect(second).toBe(first);
    expect(drain.signal.aborted).toBe(true);
    expect(seen).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'flush begins', 'flush ends', 'pool begins', 'pool ends']);
    expect(first.clean).toBe(true);
  });

  test('a step that hangs or fails holds up nobody, and the report tells', async () => {
    const drain = new Drain(silentLogger);
    let closed = false;
    drain.onDrain('stop consuming', 'hangs', () => new Promise(() => {}), 5);
    drain.onDrain('finish work', 'throws', () => {
      throw new Error('x');
    });
    drain.onDrain('close pools', 'pool', () => {
      closed = true;
    });
    const report = await drain.run();
    expect(report.steps.map((step) => step.outcome)).toEqual(['timeout', 'failed', 'done']);
    expect([report.clean, closed]).toEqual([false, true]);
  });
});

describe('signals', () => {
  function fakeProcess(): ProcessPort & { emit(event: string, argument?: unknown): void; exits: number[]; listeners: number } {
    const listeners = new Map<string, ((argument: unknown) => void)[]>();
    const fake = {
      exits: [] as number[],
      listeners: 0,
      on: (event: string, listener: (argument: unknown) => void) => {
        fake.listeners += 1;
        listeners.set(event, [...(listeners.get(event) ?? []), listener]);
      },
      exit: (code: number) => void fake.exits.push(code),
      emit: (event: string, argument?: unknown) => {
        for (const listener of listeners.get(event) ?? []) listener(argument);
      },
    };
    return fake;
  }
  const service = (close: () => Promise<boolean>): Supervised => ({
    name: 's',
    logger: silentLogger,
    close: async () => ({ clean: await close(), steps: [] }),
  });

  test('four services in one process share one handler per signal and one exit', async () => {
    const target = fakeProcess();
    const supervisor = new ProcessSupervisor(target);
    let closed = 0;
    const close = async (): Promise<boolean> => ++closed > 0;
    for (let at = 0; at < 4; at++) supervisor.supervise(service(close));
    expect(target.listeners).toBe(5);
    target.emit('SIGTERM');
    await new Promise((resolve) => setImmediate(resolve));
    expect([closed, target.exits]).toEqual([4, [0]]);
  });

  test('an unclean drain exits 1, a second signal at once, an uncaught error at once', async () => {
    const unclean = fakeProcess();
    new ProcessSupervisor(unclean).supervise(service(async () => false));
    unclean.emit('SIGINT');
    await new Promise((resolve) => setImmediate(resolve));
    expect(unclean.exits).toEqual([1]);

    const stuck = fakeProcess();
    new ProcessSupervisor(stuck).supervise(service(() => new Promise(() => {})));
    stuck.emit('SIGTERM');
    expect(stuck.exits).toEqual([]);
    stuck.emit('SIGTERM');
    expect(stuck.exits).toEqual([143]);

    const broken = fakeProcess();
    new ProcessSupervisor(broken).supervise(service(async () => true));
    broken.emit('unhandledRejection', new Error('x'));
    expect(broken.exits).toEqual([1]);
  });
});
