#!/usr/bin/env node
// For trying it by hand: gives the documents out, takes the results in, and says every two seconds how far that is.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { connect } from 'amqplib';
import { Documents, serveDocuments } from './documents.mjs';

const USAGE = `node examples/batch-processing/archive.mjs     10,000 documents, and a place for their results

  GET /documents       the ids of all documents
  GET /documents/ID    one of them
  Results are received from the topic exchange ARCHIVE_EXCHANGE, which is made if it is not there.

  ARCHIVE_PORT=4300                 port on 127.0.0.1; 0 = any
  ARCHIVE_COUNT=10000               how many documents
  ARCHIVE_SEED=1                    the same seed gives the same documents
  ARCHIVE_EXCHANGE=batch-results    where results come in
  AMQP_URL                          default: what .reprise/env says`;

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

function amqpUrl() {
  if (process.env.AMQP_URL) return process.env.AMQP_URL;
  const file = path.join(process.env.REPRISE_STATE_DIR || path.join(root, '.reprise'), 'env');
  return existsSync(file) ? parseEnv(readFileSync(file, 'utf8')).AMQP_URL : undefined;
}

const count = (number) => number.toLocaleString('en');

/** Counts messages, documents and message ids; tells them whenever they have changed. */
async function receive(channel, exchange, documents) {
  await channel.assertExchange(exchange, 'topic', { durable: true });
  const { queue } = await channel.assertQueue('', { exclusive: true });
  await channel.bindQueue(queue, exchange, '#');
  const seen = { messages: 0, ids: new Set(), documents: new Set() };
  await channel.consume(
    queue,
    ({ content, properties }) => {
      seen.messages += 1;
      seen.ids.add(properties.messageId);
      seen.documents.add(JSON.parse(content.toString('utf8')).document);
    },
    { noAck: true },
  );
  let told = 0;
  return setInterval(() => {
    if (seen.messages === told) return;
    told = seen.messages;
    console.log(
      `  asked ${count(documents.requests)} times; ${count(seen.messages)} results with ${count(seen.ids.size)} message ids for ${count(seen.documents.size)} documents`,
    );
  }, 2_000);
}

async function main() {
  const url = amqpUrl();
  if (url === undefined) throw new Error('Start Reprise first, in another terminal: npm start');
  const exchange = process.env.ARCHIVE_EXCHANGE ?? 'batch-results';
  const documents = new Documents({
    count: Number(process.env.ARCHIVE_COUNT ?? 10_000),
    seed: Number(process.env.ARCHIVE_SEED ?? 1),
  });
  const connection = await connect(url);
  const timer = await receive(await connection.createChannel(), exchange, documents);
  const served = await serveDocuments(documents, Number(process.env.ARCHIVE_PORT ?? 4300));
  console.log(`${count(documents.ids.length)} documents at ${served.url}/documents; results come in by the exchange ${exchange}`);
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => {
      clearInterval(timer);
      void Promise.all([served.stop(), connection.close()]);
    });
  }
}

if (process.argv.includes('--help')) console.log(USAGE);
else {
  await main().catch((error) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  });
}
