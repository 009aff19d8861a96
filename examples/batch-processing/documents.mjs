// An archive of invoices as one inherits them: most are fine, some are served only at the third asking, some never can be processed.
import { createServer } from 'node:http';

/** Shares of all documents. The first three can never be processed; `busy` answers 503 one to three times before it answers. */
const KINDS = [
  ['gone', 0.005],
  ['cut', 0.005],
  ['wrong', 0.005],
  ['busy', 0.04],
];

/** Evenly in [0, 1), the same for the same numbers. */
function chance(...numbers) {
  let hash = 0x9e3779b9;
  for (const number of numbers) {
    hash = Math.imul(hash ^ number, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return (hash >>> 0) / 2 ** 32;
}

function kindOf(seed, number) {
  let left = chance(seed, number);
  for (const [kind, share] of KINDS) {
    if (left < share) return kind;
    left -= share;
  }
  return 'fine';
}

const idOf = (number) => `invoice-${String(number).padStart(5, '0')}`;

function invoice(seed, number) {
  const lines = Array.from({ length: 1 + Math.floor(chance(seed, number, 1) * 4) }, (_, line) => ({
    sku: `S-${Math.floor(chance(seed, number, 2, line) * 900) + 100}`,
    cents: Math.floor(chance(seed, number, 3, line) * 9_900) + 100,
    count: 1 + Math.floor(chance(seed, number, 4, line) * 9),
  }));
  const cents = lines.reduce((sum, line) => sum + line.cents * line.count, 0);
  return { id: idOf(number), customer: `customer-${Math.floor(chance(seed, number, 5) * 500)}`, lines, cents };
}

export class Documents {
  #visits = new Map();
  #requests = 0;

  constructor({ count = 10_000, seed = 1 } = {}) {
    this.seed = seed;
    this.ids = Array.from({ length: count }, (_, number) => idOf(number));
  }

  get requests() {
    return this.#requests;
  }

  /** What the archive answers when it is asked for a document once more. */
  read(id) {
    this.#requests += 1;
    const number = Number(/^invoice-(\d{5})$/.exec(id)?.[1] ?? Number.NaN);
    if (!(number < this.ids.length)) return { status: 404, body: '{"error":"there is no such document"}' };
    const kind = kindOf(this.seed, number);
    const visit = (this.#visits.get(number) ?? 0) + 1;
    this.#visits.set(number, visit);
    if (kind === 'busy' && visit <= 1 + Math.floor(chance(this.seed, number, 6) * 3)) {
      return { status: 503, body: '{"error":"the archive is busy"}' };
    }
    if (kind === 'gone') return { status: 410, body: '{"error":"the document was withdrawn"}' };
    const document = invoice(this.seed, number);
    if (kind === 'wrong') document.cents += 1;
    const text = JSON.stringify(document);
    return { status: 200, body: kind === 'cut' ? text.slice(0, text.length / 2) : text };
  }

  /** GET /documents, GET /documents/ID */
  handle(request, response) {
    const id = /^\/documents(?:\/([\w-]+))?$/.exec(request.url ?? '');
    const { status, body } =
      id === null || request.method !== 'GET'
        ? { status: 404, body: '{"error":"GET /documents or GET /documents/ID"}' }
        : id[1] === undefined
          ? { status: 200, body: JSON.stringify({ documents: this.ids }) }
          : this.read(id[1]);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(body);
  }
}

/** Serves the documents on 127.0.0.1; resolves with its URL and how to stop it. */
export async function serveDocuments(documents, port = 0) {
  const server = createServer((request, response) => documents.handle(request, response));
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const stop = () =>
    new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${server.address().port}`, stop };
}
