import { createHmac, timingSafeEqual } from 'node:crypto';
import type { WebhookTrigger } from '@reprise/core';

export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface SignedRequest {
  readonly headers: Headers;
  /** Exactly what was sent: a signature is about bytes, not about values. */
  readonly body: Buffer;
  /** Epoch milliseconds. */
  readonly now: number;
}

export type Verdict = { readonly kind: 'valid' } | { readonly kind: 'refused'; readonly reason: string };

const VALID: Verdict = { kind: 'valid' };
const refused = (reason: string): Verdict => ({ kind: 'refused', reason });

/** A request may be this much older or newer than our clock: the window of Standard Webhooks. */
export const REPLAY_WINDOW_MS = 5 * 60_000;

/** Was this request signed with the secret? */
export function verifySignature(signature: WebhookTrigger['signature'], secret: string, request: SignedRequest): Verdict {
  switch (signature) {
    case 'standard-webhooks':
      return verifyStandard(secret, request);
    case 'github':
      return verifyGitHub(secret, request);
    case 'none':
      return VALID;
  }
}

/** https://www.standardwebhooks.com: HMAC-SHA256 of `id.timestamp.body`, in base64, `v1,` before it; several while secrets are rotated. */
function verifyStandard(secret: string, { headers, body, now }: SignedRequest): Verdict {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
    headerOf(headers, name),
  );
  if (!id || !timestamp || !signatures) return refused('webhook-id, webhook-timestamp and webhook-signature must all be sent');
  const sentAt = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) * 1_000 : Number.NaN;
  if (Number.isNaN(sentAt)) return refused('webhook-timestamp must be seconds since 1970');
  if (Math.abs(now - sentAt) > REPLAY_WINDOW_MS) {
    return refused(
      `webhook-timestamp is ${sentAt < now ? 'older' : 'newer'} than the window of ${REPLAY_WINDOW_MS / 60_000} minutes`,
    );
  }
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : Buffer.from(secret, 'utf8');
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
  const given = signatures.split(' ').flatMap((each) => (each.startsWith('v1,') ? [Buffer.from(each.slice(3), 'base64')] : []));
  return given.some((each) => isSame(each, expected)) ? VALID : refused('webhook-signature does not fit the body and the secret');
}

/** HMAC-SHA256 of the body in hexadecimal. It has no time in it: a repeated delivery is known by its id. */
function verifyGitHub(secret: string, { headers, body }: SignedRequest): Verdict {
  const given = /^sha256=([0-9a-f]{64})$/i.exec(headerOf(headers, 'x-hub-signature-256') ?? '')?.[1];
  if (given === undefined) return refused('x-hub-signature-256 must be sent as sha256=HEX');
  if (!headerOf(headers, 'x-github-delivery')) return refused('x-github-delivery must be sent');
  const expected = createHmac('sha256', secret).update(body).digest();
  return isSame(Buffer.from(given, 'hex'), expected)
    ? VALID
    : refused('x-hub-signature-256 does not fit the body and the secret');
}

const isSame = (given: Buffer, expected: Buffer): boolean => given.length === expected.length && timingSafeEqual(given, expected);

export const headerOf = (headers: Headers, name: string): string | undefined => {
  const value = headers[name];
  return typeof value === 'string' ? value : value?.[0];
};
