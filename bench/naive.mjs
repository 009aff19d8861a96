// What a team writes by hand: a queue per step, a durable row per step, confirms, no dedupe, no fences, no retries.
import amqp from 'amqplib';
import pg from 'pg';

const STEPS = 5;
const PREFETCH = 200;

/** Runs `runs` chains of five and resolves with tasks per second. */
export async function naiveChains({ databaseUrl, amqpUrl, runs }) {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 });
  await pool.query('create table naive_step (run int, step int, done_at timestamptz default now(), primary key (run, step))');
  const connection = await amqp.connect(amqpUrl);
  const channel = await connection.createConfirmChannel();
  const queue = `naive.${process.pid}`;
  await channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
  await channel.prefetch(PREFETCH);
  const send = (run, step) =>
    new Promise((resolve, reject) => {
      channel.sendToQueue(queue, Buffer.from(JSON.stringify({ run, step })), { persistent: true }, (error) =>
        error ? reject(error) : resolve(),
      );
    });
  let finished = 0;
  let done;
  const all = new Promise((resolve) => {
    done = resolve;
  });
  await channel.consume(queue, async (message) => {
    if (message === null) return;
    const { run, step } = JSON.parse(message.content);
    await pool.query('insert into naive_step (run, step) values ($1, $2) on conflict do nothing', [run, step]);
    if (step < STEPS) await send(run, step + 1);
    channel.ack(message);
    if (step === STEPS && ++finished === runs) done();
  });
  const started = performance.now();
  for (let run = 0; run < runs; run += 200)
    await Promise.all(Array.from({ length: Math.min(200, runs - run) }, (_, k) => send(run + k, 1)));
  await all;
  const seconds = (performance.now() - started) / 1_000;
  await channel.deleteQueue(queue);
  await connection.close();
  await pool.end();
  return (runs * STEPS) / seconds;
}
