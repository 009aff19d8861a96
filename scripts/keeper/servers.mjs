import { setTimeout as wait } from 'node:timers/promises';
import { composeServer, dockerAnswers } from './docker.mjs';
import { ownPostgres } from './postgres.mjs';
import { ownRabbitmq } from './rabbitmq.mjs';

const NATIVE = { postgres: ownPostgres, rabbitmq: ownRabbitmq };
/** Order of the end: what others may still be talking to goes last. */
const STOP_ORDER = ['rabbitmq', 'postgres'];
const RESTART_AFTER_MS = 1_000;

/** The servers a keeper runs, each started at its first wish and stopped together. */
export class Servers {
  #running = new Map();
  #stopping = new AbortController();
  #stopped = null;
  #broadcast;

  /** @param broadcast tells every connected command `{kind: note|warning, name, text}` */
  constructor(broadcast) {
    this.#broadcast = broadcast;
  }

  /** Answers `{kind: ready, name, url, detail}` or `{kind: failed, name, text}`. */
  async want(name, answer) {
    if (!this.#running.has(name)) this.#running.set(name, this.#start(name));
    try {
      const server = await this.#running.get(name);
      answer({ kind: 'ready', name, url: server.url, detail: server.detail });
    } catch (error) {
      this.#running.delete(name);
      answer({ kind: 'failed', name, text: error.message });
    }
  }

  async #start(name) {
    const tools = { note: (text) => this.#broadcast({ kind: 'note', name, text }), signal: this.#stopping.signal };
    const server = (await dockerAnswers()) ? await composeServer(name, tools) : await NATIVE[name](tools);
    void server.exited.then(() => this.#revive(name));
    return server;
  }

  /** A server that died (killed, out of memory) comes back on the same port: the services wait for it. */
  async #revive(name) {
    if (this.#stopping.signal.aborted) return;
    this.#broadcast({ kind: 'warning', name, text: 'has died; starting it again' });
    await wait(RESTART_AFTER_MS);
    if (this.#stopping.signal.aborted) return;
    const again = this.#start(name);
    this.#running.set(name, again);
    await again.then(
      () => this.#broadcast({ kind: 'note', name, text: 'is back' }),
      (error) => this.#broadcast({ kind: 'warning', name, text: `does not come back: ${error.message}` }),
    );
  }

  /** Stops all of them, also one that is still starting. */
  stop() {
    this.#stopped ??= this.#stopAll();
    return this.#stopped;
  }

  async #stopAll() {
    this.#stopping.abort(new Error('stopped while starting'));
    for (const name of STOP_ORDER) {
      const server = await Promise.resolve(this.#running.get(name)).catch(() => null);
      await server?.stop();
    }
  }
}
