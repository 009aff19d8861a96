import { writeFileSync } from 'node:fs';
import { keep } from '../keeper/client.mjs';
import { statePath } from './paths.mjs';
import { givenPostgres, localPostgres } from './postgres.mjs';
import { done } from './print.mjs';
import { givenRabbitmq, localRabbitmq } from './rabbitmq.mjs';

/**
 * Finds or starts Postgres and RabbitMQ: the ladder is *given by URL → runs on this machine → started by us* (containers if an
 * engine answers, else servers of our own under `.reprise/`). `own` leaves out what runs on this machine.
 * Returns `{ env, release }`: the two URLs as environment variables, and what gives back (and stops, if nobody else of this
 * folder uses them) the servers that were started for us.
 */
export async function findServers({ own, onLost, signal }) {
  const [postgres, rabbitmq] = await Promise.all([
    givenPostgres().then((given) => given ?? (own ? null : localPostgres())),
    givenRabbitmq().then((given) => given ?? (own ? null : localRabbitmq())),
  ]);
  if (postgres) done('postgres', postgres.detail);
  if (rabbitmq) done('rabbitmq', rabbitmq.detail);
  const missing = [...(postgres ? [] : ['postgres']), ...(rabbitmq ? [] : ['rabbitmq'])];
  const kept = missing.length > 0 ? await keep(missing, { onLost, signal }) : { ready: {}, release: async () => {} };
  const env = { DATABASE_URL: (postgres ?? kept.ready.postgres).url, AMQP_URL: (rabbitmq ?? kept.ready.rabbitmq).url };
  const text = Object.entries(env).map(([name, value]) => `${name}='${value}'\n`);
  // For people: `set -a; . .reprise/env` gives psql, the CLI and tests the same servers. It holds passwords.
  writeFileSync(statePath('env'), text.join(''), { mode: 0o600 });
  return { env, release: kept.release };
}
