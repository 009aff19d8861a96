import { Expected } from './print.mjs';

/** At-least-once dead-lettering, which the delay queues rely on, came with 3.10. */
const OLDEST = [3, 10];
const LOCAL = 'amqp://guest:guest@127.0.0.1:5672';

const isOldEnough = ([major, minor]) => major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);

/** The version of the broker behind `url`; throws if we cannot log in (accepting a connection comes earlier than that). */
export async function brokerVersion(url) {
  const { default: amqp } = await import('amqplib');
  const connection = await amqp.connect(url, { timeout: 2_000 });
  connection.on('error', () => {});
  const version = String(connection.connection.serverProperties?.version ?? '0.0');
  await connection.close();
  return version;
}

const reaches = (version) => isOldEnough(version.split('.').map(Number));

/** A broker without file handles takes no connection, and says nothing either. */
function refusal({ message }) {
  if (!message.includes('ETIMEDOUT')) return `does not let us in: ${message}`;
  return `does not answer (${message}).\nIf its port is open, see whether it has file handles left: rabbitmqctl eval 'file_handle_cache:info().'`;
}

/** What AMQP_URL names, or null if it is not set. */
export async function givenRabbitmq() {
  const url = process.env.AMQP_URL;
  if (!url) return null;
  const version = await brokerVersion(url).catch((error) => {
    throw new Expected(`AMQP_URL is set, but the broker ${refusal(error)}\nStart it, correct the URL, or unset AMQP_URL.`);
  });
  if (!reaches(version)) throw new Expected(`AMQP_URL names RabbitMQ ${version}; Reprise needs ${OLDEST.join('.')} or newer.`);
  return { url, detail: `AMQP_URL (RabbitMQ ${version})` };
}

/** A broker on this machine that takes guest/guest, or null. Our names there all begin with REPRISE_PREFIX. */
export async function localRabbitmq() {
  try {
    const version = await brokerVersion(LOCAL);
    return reaches(version) ? { url: LOCAL, detail: `the broker on 127.0.0.1:5672 (RabbitMQ ${version})` } : null;
  } catch {
    return null;
  }
}
