import { fail, step } from './print.mjs';
import { signal } from './processes.mjs';

/** Ctrl-C under npm arrives twice (from the terminal and from npm); only a later one means impatience. */
const IMPATIENT_AFTER_MS = 1_500;
const NPM_CHECK_MS = 1_000;

/**
 * What has been started, to be stopped in the opposite order, once, whatever the reason.
 * `signal` aborts what is still waiting when the stop begins.
 */
export class Stop {
  #actions = [];
  #abort = new AbortController();
  #ending = null;
  #groups = new Set();

  constructor() {
    let firstAt = 0;
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
      process.on(name, () => {
        firstAt ||= performance.now();
        if (performance.now() - firstAt > IMPATIENT_AFTER_MS) this.#kill();
        else void this.now(this.exitCodeFor(name), 'stopping');
      });
    }
    this.#followNpm();
  }

  /** 0: being asked to stop is the normal end of a service. Commands with a result of their own override it. */
  exitCodeFor = (_signalName) => 0;

  get signal() {
    return this.#abort.signal;
  }

  /** `action` undoes what was just started. */
  add(action) {
    this.#actions.push(action);
  }

  /** A group to kill at the second Ctrl-C. Returns what forgets it. */
  watch(pid) {
    this.#groups.add(pid);
    return () => this.#groups.delete(pid);
  }

  /** Stops everything and ends this process. Further calls wait for the first. */
  now(code, text) {
    this.#ending ??= this.#stopAll(code, text);
    return this.#ending;
  }

  async #stopAll(code, text) {
    let exitCode = code;
    if (text) step('stop', text);
    this.#abort.abort(new Error('stopped'));
    for (const action of this.#actions.reverse()) {
      try {
        await action();
      } catch (error) {
        fail(error);
        exitCode = exitCode || 1;
      }
    }
    process.exit(exitCode);
  }

  /** Second Ctrl-C: the services are killed; the keeper ends the servers in its own time. */
  #kill() {
    step('stop', 'killing the services; the servers end by themselves');
    for (const pid of this.#groups) signal(-pid, 'SIGKILL');
    process.exit(1);
  }

  /** An npm that was killed cannot pass its signal on. */
  #followNpm() {
    if (!process.env.npm_lifecycle_script?.includes('scripts/')) return;
    const parent = process.ppid;
    setInterval(() => process.ppid !== parent && this.now(1, 'npm has gone; stopping'), NPM_CHECK_MS).unref();
  }
}
