import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { eventually } from '@reprise/testing';
import type { Installation } from './installation.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const EXAMPLE = `${ROOT}examples/python-worker/`;
/** Debian's package may have to be fetched first. */
export const INSTALLED_WITHIN_MS = 300_000;
const SAID_WITHIN_MS = 120_000;

let python: string | null = null;

/** A machine without it is no reason to skip what must hold everywhere. */
function pythonWithPika(): string {
  if (python !== null) return python;
  const { status, stdout, stderr } = spawnSync(process.execPath, [`${ROOT}scripts/python-pika.mjs`], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the worker in Python cannot be tested: ${stderr}`);
  python = stdout.trim();
  return python;
}

/** A worker in a process of its own. */
export class PythonWorker {
  readonly lines: string[] = [];
  readonly exited: Promise<number | null>;
  private readonly child: ChildProcess;

  /** Until it takes attempts. */
  static async working(reprise: Installation, name: string, queue: string): Promise<PythonWorker> {
    const worker = new PythonWorker(reprise, name, queue);
    await worker.says(' takes ');
    return worker;
  }

  private constructor(
    reprise: Installation,
    readonly name: string,
    queue: string,
  ) {
    const { broker } = reprise;
    const where = {
      AMQP_URL: broker.url,
      REPRISE_PREFIX: broker.prefix,
      WORKER_QUEUES: queue,
      WORKER_NAME: name,
      PYTHONDONTWRITEBYTECODE: '1',
    };
    this.child = spawn(pythonWithPika(), ['-u', `${EXAMPLE}main.py`], {
      env: { ...process.env, ...where },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr])
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => this.lines.push(line));
    this.exited = new Promise((resolve) => this.child.on('close', resolve));
    const end = () => this.child.kill('SIGKILL');
    process.on('exit', end);
    void this.exited.then(() => process.off('exit', end));
    reprise.onEnd(async () => {
      end();
      await this.exited;
    });
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  async says(what: string): Promise<void> {
    await this.orTell(
      eventually(() => this.lines.some((line) => line.includes(what)), {
        what: `${this.name} says "${what}"`,
        timeoutMs: SAID_WITHIN_MS,
      }),
    );
  }

  private async orTell<Value>(waiting: Promise<Value>): Promise<Value> {
    return waiting.catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.lines.slice(-20).join('\n')}`, { cause: error });
    });
  }
}
