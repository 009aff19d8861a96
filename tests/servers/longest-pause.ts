import type { Installation } from '../system/installation.js';

/** The moment it is, by the ledger's clock. */
export async function ledgerNow(reprise: Installation): Promise<Date> {
  const [row] = await reprise.database.query<{ now: Date }>('select now()');
  if (row === undefined) throw new Error('the ledger has not said what time it is');
  return row.now;
}

/** The longest time in which no task ended, from this moment on, in seconds. */
export async function longestPause(reprise: Installation, from: Date): Promise<number> {
  const [row] = await reprise.database.query<{ seconds: number }>(
    `select extract(epoch from max(ended_at - before))::float8 as seconds
     from (select ended_at, coalesce(lag(ended_at) over (order by ended_at), $1) as before from reprise.task where ended_at >= $1) t`,
    [from],
  );
  return row?.seconds ?? Number.POSITIVE_INFINITY;
}
