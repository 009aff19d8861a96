import { type Json, measureJson } from '@reprise/core';
import { type ReadEvent, readCloudEvent } from '../events/read-cloud-event.js';

export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** CloudEvents over HTTP: structured, batch, or binary (attributes as `ce-*` headers, the body is the data). */
export function readHttpEvents(headers: Headers, body: Json): readonly ReadEvent[] {
  if (isBatch(headers)) {
    return Array.isArray(body) ? body.map(readStructured) : [{ kind: 'bad', reason: 'a batch must be a JSON list of events' }];
  }
  if (isBinary(headers)) return [readCloudEvent({ attributes: attributesOf(headers), data: body })];
  return [readStructured(body)];
}

export const isBinary = (headers: Headers): boolean =>
  !isBatch(headers) && (headers['ce-id'] !== undefined || headers['ce-type'] !== undefined);

export const isBatch = (headers: Headers): boolean =>
  /^\s*application\/cloudevents-batch\+json\s*(;|$)/i.test(String(headers['content-type'] ?? ''));

export function readStructured(body: Json): ReadEvent {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return { kind: 'bad', reason: 'a structured CloudEvent must be a JSON object' };
  const attributes = body as Readonly<Record<string, Json>>;
  const encoded = attributes['data_base64'];
  if (encoded === undefined) return readCloudEvent({ attributes, data: attributes['data'] ?? null });
  const data = typeof encoded === 'string' ? decodeBase64(encoded) : undefined;
  return data === undefined
    ? { kind: 'bad', reason: 'data_base64 must hold JSON text in base64' }
    : readCloudEvent({ attributes, data });
}

function decodeBase64(encoded: string): Json | undefined {
  try {
    const data = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')) as Json;
    return measureJson(data, { maxDepth: 64 }).kind === 'ok' ? data : undefined;
  } catch {
    return undefined;
  }
}

function attributesOf(headers: Headers): Record<string, unknown> {
  const attributes: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith('ce-')) continue;
    attributes[name.slice(3)] = percentDecoded(Array.isArray(value) ? value[0] : value);
  }
  return attributes;
}

/** The CloudEvents HTTP binding percent-encodes what a header cannot hold. */
function percentDecoded(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
