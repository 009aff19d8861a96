import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { root } from './paths.mjs';
import { bold, warn } from './print.mjs';
import { end, identify, signal } from './processes.mjs';

const FOLLOW = fileURLToPath(new URL('follow-parent.mjs', import.meta.url));
const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 10_000;
/** One that has run this long was well: its next death waits for the shortest time again. */
const STEADY_MS = 60_000;

function prefixed(stream, target, label) {
  createInterface({ input: stream }).on('line', (line) => target.write(`${label} ${line}\n`));
}

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Longer than a service's own drain (REPRISE_DRAIN, e.g. `1m30s`), after which it would end by itself. */
function drainMs(text) {
  const parts = [...text.matchAll(/(\d+)(ms|s|m|h)/g)];
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * UNIT_MS[unit], 20_000);
}

/**
 * One service process. `app` = folder under apps/, `name` = label of its output (null: printed as it is), `stop` = the launcher's
 * Stop. With `restart` it is started again when it dies, after 0.5 s, then twice as long each time up to 10 s.
 */
export class Service {
  #child = null;
  #identity = null;
  #stopping = false;
  #backoffMs = FIRST_BACKOFF_MS;
  #timer = null;

  constructor({ app, name = null, env, stop, restart, onExit }) {
    Object.assign(this, { app, name, env, stop, restart, onExit });
  }

  /** How often it has died by itself. */
  deaths = 0;

  start() {
    const startedAt = performance.now();
    const file = path.join(root, 'apps', this.app, 'dist', 'main.js');
    const output = this.name ? 'pipe' : 'inherit';
    // A group of its own: Ctrl-C in the terminal must reach the launcher only, which stops things in order.
    const child = spawn(process.execPath, ['--import', FOLLOW, file], {
      cwd: root,
      env: this.env,
      detached: true,
      stdio: ['ignore', output, output, 'ipc'],
    });
    if (this.name) {
      const label = bold(this.name.padEnd(11));
      prefixed(child.stdout, process.stdout, label);
      prefixed(child.stderr, process.stderr, label);
    }
    const forget = this.stop.watch(child.pid);
    this.#child = child;
    this.#identity = identify(child.pid);
    child.once('exit', (code, signalName) => {
      forget();
      this.#ended(signalName ?? `code ${code}`, performance.now() - startedAt);
    });
  }

  #ended(how, livedMs) {
    this.#child = null;
    if (this.#stopping) return;
    this.deaths += 1;
    this.onExit?.(how);
    if (!this.restart) return;
    if (livedMs > STEADY_MS) this.#backoffMs = FIRST_BACKOFF_MS;
    warn(this.name, `has died (${how}); again in ${this.#backoffMs / 1000} s`);
    this.#timer = setTimeout(() => this.start(), this.#backoffMs);
    this.#backoffMs = Math.min(this.#backoffMs * 2, LONGEST_BACKOFF_MS);
  }

  /** Lets it drain, then makes sure that its whole group is gone. */
  async end() {
    this.#stopping = true;
    clearTimeout(this.#timer);
    if (!this.#child) return;
    const { pid } = this.#child;
    await end(this.#identity, { graceMs: drainMs(this.env.REPRISE_DRAIN || '20s') });
    try {
      signal(-pid, 'SIGKILL');
    } catch {
      // EPERM on some systems for a group without members.
    }
  }
}
