import type { IncomingMessage } from 'node:http';
import { pipeline, type Readable, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { type Json, measureJson } from '@reprise/core';

export type ReadBytes = { readonly kind: 'all'; readonly bytes: Buffer } | { readonly kind: 'cut'; readonly bytes: Buffer };

/** Reads at most `maximumBytes`, counted after decompression, and lets go of the connection. */
export async function readBytes(response: IncomingMessage, maximumBytes: number): Promise<ReadBytes> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of inflated(response) as AsyncIterable<Buffer>) {
    size += chunk.length;
    chunks.push(chunk);
    if (size > maximumBytes) return { kind: 'cut', bytes: Buffer.concat(chunks).subarray(0, maximumBytes) };
  }
  return { kind: 'all', bytes: Buffer.concat(chunks) };
}

/** One encoding, of those asked for; anything else is handed on as it came. */
function inflated(response: IncomingMessage): Readable {
  const inflate = inflaterOf(response.headers['content-encoding']);
  if (inflate === null) return response;
  return pipeline(response, inflate, () => undefined);
}

function inflaterOf(encoding: string | undefined): Transform | null {
  switch (encoding?.trim().toLowerCase()) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'deflate':
      return createInflate();
    case 'br':
      return createBrotliDecompress();
    default:
      return null;
  }
}

export type DecodedBody = { readonly body: Json } | { readonly body: string; readonly bodyEncoding: 'base64' };

const JSON_TYPE = /^application\/(json|[^;]+\+json)$|^text\/json$/;
const TEXT_TYPE =
  /^$|^text\/|^application\/(xml|[^;]+\+xml|javascript|x-javascript|x-www-form-urlencoded|x-ndjson|yaml|x-yaml|graphql|toml)$/;

/** JSON is parsed; text is text; what is neither is base64. JSON that cannot be read or is nested too deep stays text. */
export function decodeBody(bytes: Buffer, contentType: string | undefined, maxDepth: number): DecodedBody {
  const [type = '', ...parameters] = (contentType ?? '').toLowerCase().split(';');
  const isJson = JSON_TYPE.test(type.trim());
  if (!isJson && !TEXT_TYPE.test(type.trim()) && bytes.length > 0) return binary(bytes);
  const charset = parameters.map((each) => /^\s*charset="?([^"\s]+)"?\s*$/.exec(each)?.[1]).find((found) => found !== undefined);
  const text = decodeText(bytes, charset ?? 'utf-8');
  if (text === null || text.includes('\0')) return binary(bytes);
  return { body: isJson ? parsedOrText(text, maxDepth) : text };
}

const binary = (bytes: Buffer): DecodedBody => ({ body: bytes.toString('base64'), bodyEncoding: 'base64' });

export function decodeText(bytes: Uint8Array, charset: string): string | null {
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function parsedOrText(text: string, maxDepth: number): Json {
  try {
    const value = JSON.parse(text) as Json;
    return measureJson(value, { maxDepth }).kind === 'too-deep' ? text : value;
  } catch {
    return text;
  }
}
