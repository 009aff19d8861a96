import { createHash } from 'node:crypto';
import path from 'node:path';
import { root, stateDir } from '../lib/paths.mjs';
import { run } from '../lib/processes.mjs';
import { secret } from './secret.mjs';

const FILE = path.join(root, 'deploy', 'dev', 'servers.compose.yml');
const PORTS = { postgres: 5432, rabbitmq: 5672 };
/** One set of containers per folder. */
const project = `reprise-${createHash('sha256').update(stateDir).digest('hex').slice(0, 8)}`;

const compose = (...args) =>
  run('docker', ['compose', '-p', project, '-f', FILE, ...args], {
    cwd: root,
    env: { ...process.env, REPRISE_SECRET: secret() },
  });

let answer = null;

/** Whether an engine and the compose plugin answer: the client alone is often there without them. REPRISE_DOCKER=off skips it. */
export function dockerAnswers() {
  answer ??= (async () => {
    if (process.env.REPRISE_DOCKER === 'off') return false;
    const info = await run('docker', ['info'], { timeout: 4_000 });
    return info.code === 0 && (await run('docker', ['compose', 'version'], { timeout: 4_000 })).code === 0;
  })();
  return answer;
}

/** Starts `postgres` or `rabbitmq` as a container, on a port that the engine picks. */
export async function composeServer(name, { note }) {
  note('docker compose up');
  const up = await compose('up', '--detach', '--wait', name);
  if (up.code !== 0) throw new Error(`docker compose up failed:\n${up.output}\nREPRISE_DOCKER=off goes on without containers.`);
  const shown = await compose('port', name, String(PORTS[name]));
  const port = shown.output.trim().split(':').at(-1);
  const urls = {
    postgres: `postgres://postgres:${secret()}@127.0.0.1:${port}/reprise`,
    rabbitmq: `amqp://reprise:${secret()}@127.0.0.1:${port}`,
  };
  const stop = async () => void (await compose('stop', name));
  // The engine restarts a container that dies (restart: unless-stopped), so this one never ends by itself.
  return { url: urls[name], detail: `container on port ${port}`, exited: new Promise(() => {}), stop };
}
