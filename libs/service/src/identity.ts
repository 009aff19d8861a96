import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { ProblemError } from './problem.js';
import type { Parsed } from './settings/parse-setting.js';

/** A bearer token, and who acts with it. */
export interface Credential {
  readonly name: string;
  readonly token: string;
}

/** Who acts with `REPRISE_TOKEN`. */
export const OPERATOR = 'operator';
/** Who acts where nobody needs credentials and nobody says who they are. */
const LOCAL = 'local';
const ACTOR_HEADER = 'reprise-actor';

const NAME = /^[a-z0-9._@-]{1,100}$/;
const TOKEN = /^[\x21-\x2b\x2d-\x7e]{16,1024}$/;
const ALLOWED =
  'NAME=TOKEN pairs, comma-separated: names of a–z, 0–9, `.`, `_`, `@`, `-`, tokens of 16 or more visible ASCII characters without comma, each for one name';

/** `alice=TOKEN,bob=TOKEN`. One name may have several tokens, so that they can be replaced one after the other. */
export function parseCredentials(raw: string): Parsed<readonly Credential[]> {
  const names = new Map<string, string>();
  for (const part of raw.split(',')) {
    const [, name = '', token = ''] = /^\s*([^=]*)=(.*?)\s*$/.exec(part) ?? [];
    if (!NAME.test(name) || !TOKEN.test(token) || (names.get(token) ?? name) !== name) return { kind: 'bad', allowed: ALLOWED };
    names.set(token, name);
  }
  return { kind: 'ok', value: Object.freeze([...names].map(([token, name]) => Object.freeze({ name, token }))) };
}

const identities = new WeakMap<IncomingMessage, string>();

/** Who sent a request that went through `httpSafety`, as their credentials tell. */
export const identityOf = (request: IncomingMessage): string => identities.get(request) ?? LOCAL;

/** Whether the sender may do what needs credentials: true where nobody needs any. */
export const isIdentified = (request: IncomingMessage): boolean => identities.has(request);

export interface Identities {
  /** null: none. */
  readonly token: string | null;
  readonly tokens: readonly Credential[] | null;
}

/** Finds out who sends a request, or why it is refused. */
export function identify({ token, tokens }: Identities): (request: IncomingMessage) => ProblemError | null {
  const known = [...(token === null ? [] : [{ name: OPERATOR, token }]), ...(tokens ?? [])].map((credential) => ({
    name: credential.name,
    digest: sha256(credential.token),
  }));
  return (request) => {
    const found = known.length === 0 ? actorOf(request) : bearerOf(request, known);
    if (typeof found !== 'string') return found;
    identities.set(request, found);
    return null;
  };
}

function bearerOf(
  request: IncomingMessage,
  known: readonly { readonly name: string; readonly digest: Buffer }[],
): string | ProblemError {
  const given = /^bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1];
  const digest = given === undefined ? null : sha256(given);
  // Digests have one length, so the comparison neither throws nor tells how long the token is; all are compared, whichever it is.
  const matching = known.filter((each) => digest !== null && timingSafeEqual(digest, each.digest));
  const [found] = matching;
  if (found === undefined) return unauthorized(given !== undefined);
  return request.headers[ACTOR_HEADER] === undefined ? found.name : refusedActor();
}

/** Anybody may do anything here, so whoever says who they are may be believed. */
function actorOf(request: IncomingMessage): string | ProblemError {
  const given = request.headers[ACTOR_HEADER];
  if (given === undefined) return LOCAL;
  const name = String(given).trim().toLowerCase();
  if (NAME.test(name)) return name;
  return new ProblemError({
    status: 400,
    code: 'invalid_actor',
    detail: 'The Reprise-Actor header must be a name of letters, digits, . _ @ - (100 at most).',
  });
}

const unauthorized = (given: boolean): ProblemError =>
  new ProblemError({
    status: 401,
    code: 'unauthorized',
    detail: given ? 'The bearer token is not the right one.' : 'This server needs a bearer token.',
    hint: 'Send "Authorization: Bearer …" with the value of REPRISE_TOKEN, or of a token in REPRISE_TOKENS.',
    headers: { 'www-authenticate': 'Bearer realm="reprise"' },
  });

const refusedActor = (): ProblemError =>
  new ProblemError({
    status: 400,
    code: 'actor_not_allowed',
    detail: 'The Reprise-Actor header is refused: on this server the token tells who acts.',
    hint: 'Leave it out (--as on the command line), and send the token of whoever acts.',
  });

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();
