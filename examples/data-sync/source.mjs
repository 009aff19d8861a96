#!/usr/bin/env node
// A source of data as one meets them: it fails at random, and one of its pages is broken until somebody repairs it.
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';
import { checksumOf, places } from './places.mjs';

const USAGE = `node examples/data-sync/source.mjs     serves 135,233 places, page by page, unreliably

  GET /pages          how many pages and rows there are, and the checksum of all
  GET /pages/N        the rows of page N
  POST /fix           repair the broken page
  GET /stats          what was asked, what was answered

  SOURCE_PORT=4100        port on 127.0.0.1; 0 = any
  SOURCE_SEED=1           the same seed gives the same faults
  SOURCE_PAGE_SIZE=500    rows on a page
  SOURCE_LATENCY=40       milliseconds an answer takes
  SOURCE_BROKEN=17        the page that is broken; empty = none`;

/** How often which fault: shares of all answers. */
const FAULTS = [
  ['error', 0.08],
  ['throttled', 0.05],
  ['reset', 0.06],
  ['slow', 0.03],
  ['short', 0.03],
];
const SLOW_MS = 5_000;

/** Evenly in [0, 1), the same for the same numbers: what the n-th question for a page meets does not depend on who else asks when. */
function chance(...numbers) {
  let hash = 0x9e3779b9;
  for (const number of numbers) {
    hash = Math.imul(hash ^ number, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return (hash >>> 0) / 2 ** 32;
}

function faultFor(seed, page, visit) {
  let left = chance(seed, page, visit);
  for (const [fault, share] of FAULTS) {
    if (left < share) return fault;
    left -= share;
  }
  return null;
}

function answer(response, status, body, headers = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

class Source {
  #visits = new Map();
  #counts = { requests: 0, served: 0, broken: 0, error: 0, throttled: 0, reset: 0, slow: 0, short: 0 };
  #isFixed = false;

  constructor({ seed, pageSize, latencyMs, broken, log }) {
    Object.assign(this, { seed, pageSize, latencyMs, broken, log });
    this.pageCount = Math.ceil(places.length / pageSize);
    this.checksum = checksumOf(places);
  }

  rowsOf(page) {
    return places.slice(page * this.pageSize, (page + 1) * this.pageSize);
  }

  handle(request, response) {
    const { method, url } = request;
    const page = /^\/pages\/(\d{1,6})$/.exec(url)?.[1];
    if (method === 'GET' && page !== undefined) return this.#page(Number(page), response);
    switch (`${method} ${url}`) {
      case 'GET /pages':
        return this.#list(response);
      case 'GET /stats':
        return answer(response, 200, this.stats());
      case 'GET /readyz':
        return answer(response, 200, { ready: true });
      case 'POST /fix':
        this.#isFixed = true;
        this.log({ message: 'repaired', page: this.broken });
        return answer(response, 200, { fixed: this.broken });
      default:
        return answer(response, 404, { error: `there is no ${method} ${url}` });
    }
  }

  stats() {
    const pages = Object.fromEntries([...this.#visits].sort(([a], [b]) => a - b));
    return { ...this.#counts, fixed: this.#isFixed, pages };
  }

  #list(response) {
    const pages = Array.from({ length: this.pageCount }, (_, page) => ({ page, rows: this.rowsOf(page).length }));
    answer(response, 200, { rows: places.length, checksum: this.checksum, pages });
  }

  #page(page, response) {
    if (page >= this.pageCount) return answer(response, 404, { error: `there are ${this.pageCount} pages, from 0` });
    const visit = (this.#visits.get(page) ?? 0) + 1;
    this.#visits.set(page, visit);
    this.#counts.requests += 1;
    const isBroken = page === this.broken && !this.#isFixed;
    const outcome = isBroken ? 'broken' : (faultFor(this.seed, page, visit) ?? 'served');
    this.#counts[outcome] += 1;
    if (outcome !== 'served') this.log({ message: outcome, page, visit });
    setTimeout(() => this.#respond(outcome, page, response), outcome === 'slow' ? SLOW_MS : this.latencyMs);
  }

  #respond(outcome, page, response) {
    const rows = this.rowsOf(page);
    switch (outcome) {
      case 'broken':
        return answer(response, 500, { error: `page ${page} is damaged; it stays so until an operator repairs it (POST /fix)` });
      case 'error':
        return answer(response, 500, { error: 'something went wrong, as it does now and then' });
      case 'throttled':
        return answer(response, 429, { error: 'too many requests' }, { 'retry-after': '1' });
      case 'reset':
        // Half of them before the answer, half in the midst of it.
        if (page % 2 === 1) return response.socket?.resetAndDestroy();
        response.writeHead(200, { 'content-type': 'application/json' });
        return response.write('{"rows":[', () => response.socket?.resetAndDestroy());
      case 'short':
        return answer(response, 200, { page, rows: rows.slice(0, rows.length / 2) });
      default:
        return answer(response, 200, { page, checksum: checksumOf(rows), rows });
    }
  }
}

/**
 * Starts a source; returns `{ url, stats(), close() }`. `broken`: number of the page that is broken, null = none; `log` takes a record
 * for whatever goes wrong.
 */
export function startSource({ port = 4100, seed = 1, pageSize = 500, latencyMs = 40, broken = 17, log = () => {} } = {}) {
  const source = new Source({ seed, pageSize, latencyMs, broken, log });
  const server = createServer((request, response) => source.handle(request, response));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      resolve({
        url: `http://127.0.0.1:${server.address().port}`,
        stats: () => source.stats(),
        close: () => {
          server.closeAllConnections();
          return new Promise((closed) => server.close(closed));
        },
      });
    });
  });
}

function numberOf(name, fallback) {
  const text = process.env[name] ?? String(fallback);
  if (/^\d{1,9}$/.test(text)) return Number(text);
  process.stderr.write(`${name}=${text}: a whole number\n\n${USAGE}\n`);
  return process.exit(2);
}

async function main() {
  if (process.argv.length > 2) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  const log = (record) => process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), ...record })}\n`);
  const port = numberOf('SOURCE_PORT', 4100);
  const { url } = await startSource({
    port,
    seed: numberOf('SOURCE_SEED', 1),
    pageSize: numberOf('SOURCE_PAGE_SIZE', 500),
    latencyMs: numberOf('SOURCE_LATENCY', 40),
    broken: process.env.SOURCE_BROKEN === '' ? null : numberOf('SOURCE_BROKEN', 17),
    log,
  }).catch((error) => {
    process.stderr.write(`cannot listen on port ${port}: ${error.code}; choose another: SOURCE_PORT\n`);
    process.exit(1);
  });
  log({ message: 'source listens', url });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
