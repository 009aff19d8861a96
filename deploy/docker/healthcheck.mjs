/* Healthy = whatever listens on a port of ours in this container says so at /healthz, and something listens. */
const ports = process.env.REPRISE_PORT ? [Number(process.env.REPRISE_PORT)] : [3000, 3001, 3002, 3003];

/** true, false, or null where nobody listens. */
async function isHealthy(port) {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(4_000) });
    return answer.ok;
  } catch (error) {
    return error.cause?.code === 'ECONNREFUSED' ? null : false;
  }
}

const answers = (await Promise.all(ports.map(isHealthy))).filter((answer) => answer !== null);
process.exit(answers.length > 0 && answers.every(Boolean) ? 0 : 1);
