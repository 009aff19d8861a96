import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import type { Json } from '@reprise/core';
import { httpHandler } from '../src/handlers/http.js';
import { attemptUnderTest, LIMITS } from './attempt-under-test.js';

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}
type Behaviour = (response: ServerResponse, seen: Seen) => unknown;

/** Servers that answer as a test says, and remember what they were asked. */
export class HttpServers {
  behave: Behaviour = (response) => response.end();
  /** Since the last `forget`, of all servers. */
  seen: Seen[] = [];
  private readonly servers: Server[] = [];

  /** Another one; its URL. */
  serve = async (): Promise<string> => {
    const server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      const one = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body };
      this.seen.push(one);
      response.on('error', () => undefined);
      this.behave(response, one);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.servers.push(server);
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };

  answering = (status: number, headers: Record<string, string | string[]>, body: string | Buffer = ''): void => {
    this.behave = (response) => response.writeHead(status, headers).end(body);
  };

  forget = (): void => {
    this.seen = [];
  };

  end = (): void => {
    for (const server of this.servers) {
      server.closeAllConnections();
      server.close();
    }
  };
}

const handler = httpHandler(LIMITS);
/** The handler `http`, called with this. */
export const call = (input: Json, attempt = attemptUnderTest()): Promise<unknown> => Promise.resolve(handler.run(input, attempt));
