#!/usr/bin/env node
// A small payment service as one meets them: it fails at random, and sometimes it takes the money and loses the answer.
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';

const USAGE = `node examples/refund/payment-service.mjs     a payment service that is not quite reliable

  POST   /reservations             {payment, amount}, header Idempotency-Key
  DELETE /reservations/PAYMENT
  POST   /refunds                  {payment, amount}, header Idempotency-Key
  DELETE /refunds/PAYMENT          takes the money back again
  POST   /bookings                 {payment, refund}; 409 when the payment's account is closed (its name begins with "closed")
  POST   /complaints               {payment, reason}
  GET    /books                    everything that was done, in order, and how many answers got lost

  PAYMENT_PORT=4200   port on 127.0.0.1; 0 = any
  PAYMENT_SEED=1      the same seed gives the same faults`;

/** Evenly in [0, 1), the same for the same texts. */
function chance(...texts) {
  let hash = 0x811c9dc5;
  for (const character of texts.join('\n')) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32;
}

const ERROR_SHARE = 0.2;
const LOST_SHARE = 0.25;

class Books {
  #entries = [];
  #answers = new Map();
  #visits = new Map();
  #lost = 0;

  constructor(seed) {
    this.seed = seed;
  }

  /** What becomes of this request: `fail` before anything is done, `lose` the answer after it was, or neither. */
  fate(what) {
    const visit = (this.#visits.get(what) ?? 0) + 1;
    this.#visits.set(what, visit);
    const drawn = chance(this.seed, what, visit);
    if (drawn < ERROR_SHARE) return 'fail';
    if (drawn >= ERROR_SHARE + LOST_SHARE) return 'answer';
    this.#lost += 1;
    return 'lose';
  }

  /** Done once for a key, however often it is asked. */
  once(key, kind, fields) {
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    const answer = { id: `${kind}-${this.#entries.length + 1}`, ...fields };
    this.#entries.push({ kind, ...fields });
    this.#answers.set(key, answer);
    return answer;
  }

  get all() {
    return { entries: this.#entries, lost: this.#lost };
  }
}

async function readJson(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

function act(books, method, kind, name, body, key) {
  if (method === 'DELETE') return books.once(`undo ${kind} ${name}`, `undo-${kind}`, { payment: name });
  const { payment, amount, refund, reason } = body;
  const fields = Object.fromEntries(
    Object.entries({ payment, amount, refund, reason }).filter(([, value]) => value !== undefined),
  );
  return books.once(key ?? `${kind} ${payment}`, kind, fields);
}

/** Starts the service; resolves with its URL and how to stop it. */
export async function startPaymentService({ port = 0, seed = '1' } = {}) {
  const books = new Books(seed);
  const server = createServer(async (request, response) => {
    const answer = (status, body) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    const [, kind = '', name = ''] = new URL(request.url ?? '/', 'http://service').pathname.split('/');
    if (kind === 'books') return answer(200, books.all);
    const body = await readJson(request);
    if (kind === 'bookings' && String(body.payment).startsWith('closed')) return answer(409, { error: 'the account is closed' });
    const key = request.headers['idempotency-key'];
    const fate = books.fate(`${request.method} ${kind} ${name || body.payment}`);
    if (fate === 'fail') return answer(503, { error: 'try again' });
    const done = act(books, request.method, kind, name, body, typeof key === 'string' ? key : null);
    if (fate === 'lose') return request.socket.destroy();
    answer(200, done);
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  const stop = () =>
    new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${server.address().port}`, stop };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  if (process.argv.includes('--help')) console.log(USAGE);
  else {
    const port = Number(process.env.PAYMENT_PORT ?? 4200);
    const { url, stop } = await startPaymentService({ port, seed: process.env.PAYMENT_SEED ?? '1' });
    console.log(`the payment service listens at ${url}`);
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void stop());
  }
}
