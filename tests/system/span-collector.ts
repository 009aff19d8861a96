import { createServer, type Server } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { type Message, readMessage } from './protobuf.js';

export interface ReceivedSpan {
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | null;
  readonly state: string;
  readonly name: string;
  /** 1 internal, 2 server, 5 consumer. */
  readonly kind: number;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly { readonly name: string; readonly attributes: Readonly<Record<string, unknown>> }[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly failed: boolean;
  readonly message: string;
}

/** What an OpenTelemetry collector does with `POST /v1/traces`: takes spans, as protobuf. */
export class SpanCollector {
  readonly spans: ReceivedSpan[] = [];
  /** Headers of the last request. */
  headers: Readonly<Record<string, unknown>> = {};
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        this.headers = request.headers;
        const body = Buffer.concat(chunks);
        const plain = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
        if (request.url === '/v1/traces') this.spans.push(...spansOf(plain));
        response.writeHead(request.url === '/v1/traces' ? 200 : 404, { 'content-type': 'application/x-protobuf' }).end();
      });
    });
  }

  static async start(): Promise<SpanCollector> {
    const collector = new SpanCollector();
    await new Promise<void>((resolve) => collector.server.listen(0, '127.0.0.1', resolve));
    return collector;
  }

  get url(): string {
    const address = this.server.address();
    return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  }

  of(traceId: string): readonly ReceivedSpan[] {
    return this.spans.filter((span) => span.traceId === traceId);
  }

  async end(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** Field numbers of `opentelemetry/proto/trace/v1/trace.proto`. */
function spansOf(body: Uint8Array): readonly ReceivedSpan[] {
  return readMessage(body)
    .messages(1)
    .flatMap((resource) => {
      const service = String(attributesOf(resource.messages(1).flatMap((each) => each.messages(1)))['service.name']);
      return resource.messages(2).flatMap((scope) => scope.messages(2).map((span) => spanOf(service, span)));
    });
}

const spanOf = (service: string, span: Message): ReceivedSpan => ({
  service,
  traceId: span.hex(1),
  spanId: span.hex(2),
  state: span.text(3),
  parentId: span.hex(4) || null,
  name: span.text(5),
  kind: Number(span.number(6)),
  startNs: span.number(7),
  endNs: span.number(8),
  attributes: attributesOf(span.messages(9)),
  events: span.messages(11).map((event) => ({ name: event.text(2), attributes: attributesOf(event.messages(3)) })),
  links: span.messages(13).map((link) => ({ traceId: link.hex(1), spanId: link.hex(2) })),
  failed: span.messages(15).some((status) => status.number(3) === 2n),
  message: span
    .messages(15)
    .map((status) => status.text(2))
    .join(''),
});

const attributesOf = (pairs: readonly Message[]): Record<string, unknown> =>
  Object.fromEntries(pairs.map((pair) => [pair.text(1), anyValue(pair.messages(2)[0])]));

function anyValue(value: Message | undefined): unknown {
  if (value === undefined) return null;
  if (value.has(1)) return value.text(1);
  if (value.has(2)) return value.number(2) === 1n;
  return value.has(3) ? Number(value.number(3)) : value.has(4) ? value.double(4) : 'of another kind';
}
