import type { Json } from '@reprise/core';
import { closestName } from '@reprise/service';
import type { Attempt } from '@reprise/worker';
import { InputReader } from './read-input.js';

export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | null;
}

export const HTTP_FIELDS = ['method', 'url', 'headers', 'query', 'body', 'timeout'];
const METHODS = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'];
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);
/** The connection's own affairs; a wrong one would let one request pass for two. */
const NOT_YOURS = /^(connection|content-length|expect|keep-alive|proxy-connection|te|trailer|transfer-encoding|upgrade)$/;
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** The request an input describes, or `INVALID_INPUT`. */
export function readHttpRequest(input: InputReader, attempt: Attempt): HttpRequest {
  const method = readMethod(input);
  const url = readUrl(input);
  const body = readBody(input.value('body'));
  if (body !== null && (method === 'GET' || method === 'HEAD')) {
    throw input.refuse('body', `cannot be sent with ${method}: say which \`method\``);
  }
  const headers: Record<string, string> = {
    accept: '*/*',
    'accept-encoding': 'gzip, deflate, br',
    'user-agent': 'reprise',
    'x-reprise-fence': String(attempt.fence),
  };
  if (attempt.traceparent !== null) headers['traceparent'] = attempt.traceparent;
  if (attempt.tracestate !== null) headers['tracestate'] = attempt.tracestate;
  if (!SAFE.has(method)) headers['idempotency-key'] = attempt.key;
  if (body !== null) headers['content-type'] = body.contentType;
  if (url.username !== '' || url.password !== '') {
    headers['authorization'] = `Basic ${Buffer.from(`${unescaped(url.username)}:${unescaped(url.password)}`).toString('base64')}`;
    url.username = '';
    url.password = '';
  }
  Object.assign(headers, readHeaders(input));
  return { method, url, headers, body: body?.bytes ?? null };
}

/** For errors and logs: no credentials, no query, no fragment. */
export const shownUrl = ({ origin, pathname }: URL): string => `${origin}${pathname}`;

function readMethod(input: InputReader): string {
  const given = input.text('method');
  const method = (given ?? 'GET').toUpperCase();
  if (METHODS.includes(method)) return method;
  const near = closestName(method, METHODS);
  throw input.refuse('method', `must be one of ${METHODS.join(', ')}${near === null ? '' : `; did you mean ${near}?`}`);
}

function readUrl(input: InputReader): URL {
  const text = input.requiredText('url');
  const url = URL.canParse(text) ? new URL(text) : null;
  // Not shown: it may hold a token.
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw input.refuse('url', 'must be an absolute http or https URL');
  }
  for (const [name, value] of input.entries('query')) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each === null) continue;
      if (typeof each === 'object') throw input.wrong(`query.${name}`, 'a text, a number, a boolean or a list of them', each);
      url.searchParams.append(name, String(each));
    }
  }
  url.hash = '';
  return url;
}

function readHeaders(input: InputReader): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of input.scalarEntries('headers')) {
    const lower = name.toLowerCase();
    if (!HEADER_NAME.test(name)) throw input.refuse(`headers.${name}`, 'is not a header name');
    if (NOT_YOURS.test(lower)) throw input.refuse(`headers.${name}`, 'is set by the connection itself');
    if (Object.hasOwn(headers, lower)) throw input.refuse(`headers.${name}`, 'is there twice, in another spelling');
    // Latin-1 without control characters: with a line break one header would become two.
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) throw input.refuse(`headers.${name}`, 'has characters a header cannot have');
    headers[lower] = value;
  }
  return headers;
}

function readBody(body: Json): { readonly bytes: Buffer; readonly contentType: string } | null {
  if (body === null) return null;
  if (typeof body === 'string') return { bytes: Buffer.from(body), contentType: 'text/plain; charset=utf-8' };
  return { bytes: Buffer.from(JSON.stringify(body)), contentType: 'application/json' };
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
