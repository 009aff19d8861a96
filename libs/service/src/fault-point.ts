import type { Logger } from './logging/logger.js';

type FaultAction = { kind: 'kill' } | { kind: 'stop' } | { kind: 'throw' } | { kind: 'stall'; ms: number };

interface Fault {
  readonly action: FaultAction;
  /** The hit (from 1) it happens at; null = every hit. */
  readonly atHit: number | null;
  hits: number;
}

let armed = false;
const faults = new Map<string, Fault[]>();

export class InjectedFault extends Error {
  override readonly name = 'InjectedFault';
  readonly code = 'INJECTED_FAULT';
  constructor(readonly point: string) {
    super(`injected fault at ${point}`);
  }
}

/**
 * A named place where a test may make the process die, throw, stall or stop. Nothing but a boolean check unless armed.
 * Await the answer if it is a promise: `const pause = faultPoint('scheduler.after-commit'); if (pause) await pause;`
 */
export function faultPoint(name: string): void | Promise<void> {
  if (armed) return hit(name);
}

function hit(name: string): void | Promise<void> {
  let pause: Promise<void> | undefined;
  for (const fault of faults.get(name) ?? []) {
    fault.hits += 1;
    if (fault.atHit !== null && fault.atHit !== fault.hits) continue;
    switch (fault.action.kind) {
      case 'kill':
        process.kill(process.pid, 'SIGKILL');
        break;
      case 'stop':
        process.kill(process.pid, 'SIGSTOP');
        break;
      case 'throw':
        throw new InjectedFault(name);
      case 'stall': {
        const { ms } = fault.action;
        pause = new Promise((resolve) => setTimeout(resolve, ms));
        break;
      }
    }
  }
  return pause;
}

/** Arms what `REPRISE_FAULTS` says (null disarms all). Syntax: `point:kill@3,point:throw,point:stall=2000,point:stop`. */
export function armFaults(spec: string | null, logger?: Logger): void {
  faults.clear();
  for (const part of spec?.split(',') ?? []) {
    const match = /^\s*([\w.-]+):(kill|throw|stop|stall)(?:=(\d+))?(?:@(\d+))?\s*$/.exec(part);
    if (match === null) throw new Error(`REPRISE_FAULTS: "${part}" is not point:kill|throw|stop|stall=MS[@HIT]`);
    const [, point = '', kind = '', ms, at] = match;
    const fault: Fault = { action: actionOf(kind, Number(ms ?? 0)), atHit: at === undefined ? null : Number(at), hits: 0 };
    faults.set(point, [...(faults.get(point) ?? []), fault]);
  }
  armed = faults.size > 0;
  if (armed) logger?.warn({ faults: spec }, 'FAULT INJECTION IS ARMED (REPRISE_FAULTS): this process will misbehave on purpose');
}

function actionOf(kind: string, ms: number): FaultAction {
  switch (kind) {
    case 'kill':
    case 'stop':
    case 'throw':
      return { kind };
    default:
      return { kind: 'stall', ms };
  }
}
