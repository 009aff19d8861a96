import type { IncomingMessage } from 'node:http';
import { ProblemError } from '../problem.js';
import { parseJson } from './parse-json.js';
import { hasBody, type Middleware, sendProblem } from './send-problem.js';

/** What a request brought. `text` and `bytes` are exactly what was sent, for positions in messages and for signatures. */
export interface ReceivedBody {
  /** `json`: `value` is the parsed value. `text`: not parsed (workflow documents, YAML). `none`: there was no body. */
  readonly kind: 'json' | 'text' | 'none';
  readonly mediaType: string;
  readonly bytes: Buffer;
  readonly text: string;
  readonly value: unknown;
}

/** How the body of one request is read. `document`: JSON or YAML, handed over as text. */
export interface BodyRule {
  readonly limitBytes: number;
  readonly parse: 'json' | 'document';
}

export interface BodyReaderOptions {
  readonly ruleFor: (method: string, path: string) => BodyRule;
  readonly maxDepth: number;
}

const received = new WeakMap<IncomingMessage, ReceivedBody>();
const NONE: ReceivedBody = { kind: 'none', mediaType: '', bytes: Buffer.alloc(0), text: '', value: undefined };
const JSON_TYPE = /^application\/(json|[a-z0-9.+-]+\+json)$/;
const YAML_TYPE = /^(application\/(yaml|x-yaml)|text\/(yaml|x-yaml))$/;

/** The body of a request that went through `bodyReader`. Controllers get the value alone by `@Body()`. */
export function receivedBody(request: IncomingMessage): ReceivedBody {
  return received.get(request) ?? NONE;
}

/** The body of a request that must have one. @throws ProblemError 400 `body_required` */
export function requiredBody(request: IncomingMessage): ReceivedBody {
  const body = receivedBody(request);
  if (body.kind === 'none') throw new ProblemError({ status: 400, code: 'body_required', detail: 'This request needs a body.' });
  return body;
}

/** Reads the whole body into memory, never more than its limit, and parses JSON. Sets `request.body` and `request.rawBody`. */
export function bodyReader(options: BodyReaderOptions): Middleware {
  return (request, response, next) => {
    if (!hasBody(request)) return next();
    const rule = options.ruleFor(request.method ?? '', (request.url ?? '').split('?', 1)[0] ?? '');
    const mediaType = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
    const refused = refuseType(request, mediaType, rule);
    if (refused !== null) return sendProblem(request, response, refused);
    readBytes(request, rule.limitBytes, (outcome) => {
      if (outcome.kind === 'too large') return sendProblem(request, response, tooLarge(rule.limitBytes));
      const body = understand(outcome.bytes, mediaType, rule, options.maxDepth);
      if (body instanceof ProblemError) return sendProblem(request, response, body);
      received.set(request, body);
      Object.assign(request, { body: body.kind === 'text' ? body.text : body.value, rawBody: body.bytes });
      next();
    });
  };
}

function refuseType(request: IncomingMessage, mediaType: string, rule: BodyRule): ProblemError | null {
  const charset = /charset\s*=\s*"?([^";\s]+)/i.exec(request.headers['content-type'] ?? '')?.[1]?.toLowerCase() ?? 'utf-8';
  const typeFits = JSON_TYPE.test(mediaType) || (rule.parse === 'document' && YAML_TYPE.test(mediaType));
  if (typeFits && (charset === 'utf-8' || charset === 'utf8')) return null;
  const accepted =
    rule.parse === 'document' ? 'application/json or application/yaml' : 'application/json or application/cloudevents+json';
  return new ProblemError({
    status: 415,
    code: 'unsupported_media_type',
    detail: `The body's content type is "${(request.headers['content-type'] ?? '').slice(0, 100)}".`,
    hint: `Send ${accepted}, in UTF-8.`,
  });
}

function tooLarge(limitBytes: number): ProblemError {
  return new ProblemError({
    status: 413,
    code: 'body_too_large',
    detail: `The body is larger than ${limitBytes} bytes.`,
    headers: { connection: 'close' },
  });
}

type ReadOutcome = { kind: 'read'; bytes: Buffer } | { kind: 'too large' };

/** A caller that goes away in the middle gets no answer: `done` is not called. */
function readBytes(request: IncomingMessage, limitBytes: number, done: (outcome: ReadOutcome) => void): void {
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) return done({ kind: 'too large' });
  const chunks: Buffer[] = [];
  let size = 0;
  const onData = (chunk: Buffer): void => {
    size += chunk.length;
    if (size <= limitBytes) {
      chunks.push(chunk);
      return;
    }
    request.off('data', onData).off('end', onEnd);
    chunks.length = 0;
    done({ kind: 'too large' });
  };
  const onEnd = (): void => done({ kind: 'read', bytes: Buffer.concat(chunks, size) });
  request
    .on('data', onData)
    .on('end', onEnd)
    .on('error', () => {});
}

function understand(bytes: Buffer, mediaType: string, rule: BodyRule, maxDepth: number): ReceivedBody | ProblemError {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new ProblemError({ status: 400, code: 'invalid_encoding', detail: 'The body is not valid UTF-8.' });
  }
  if (rule.parse === 'document') return { kind: 'text', mediaType, bytes, text, value: undefined };
  const parsed = parseJson(text, { maxDepth });
  if (parsed.kind === 'ok') return { kind: 'json', mediaType, bytes, text, value: parsed.value };
  const { code, message, ...place } = parsed;
  return new ProblemError({
    status: code === 'invalid_json' || code === 'duplicate_key' ? 400 : 422,
    code,
    detail: message,
    errors: [{ message, ...withoutKind(place) }],
  });
}

function withoutKind({
  kind: _,
  ...place
}: {
  kind: 'bad';
  path?: string;
  position?: number;
  line?: number;
  column?: number;
}): object {
  return place;
}
