import { createServer, type Server } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { errorCode, isError } from '../error-code.js';

/** Express on an HTTP server that closes connections which send their headers or body too slowly. */
export class PatientExpressAdapter extends ExpressAdapter {
  override initHttpServer(): void {
    const slow = { headersTimeout: 10_000, requestTimeout: 30_000, connectionsCheckingInterval: 5_000, keepAliveTimeout: 65_000 };
    this.httpServer = createServer(slow, this.getInstance());
  }
}

/** The port cannot be listened on: taken, forbidden, or the address is not of this machine. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  readonly code = 'LISTEN';
}

export interface ListenOptions {
  readonly host: string;
  /** 0 = any. */
  readonly port: number;
  /** How many following ports to try when this one is taken. */
  readonly furtherPorts: number;
}

/** Listens, and answers the port it got. @throws ListenError */
export async function listen(app: INestApplication, options: ListenOptions): Promise<number> {
  const last = options.port === 0 ? 0 : options.port + options.furtherPorts;
  for (let port = options.port; ; port++) {
    try {
      await app.listen(port, options.host);
      const server: Server = app.getHttpServer();
      const address = server.address();
      return typeof address === 'object' && address !== null ? address.port : port;
    } catch (error) {
      const code = errorCode(error);
      if (code === 'EADDRINUSE' && port < last) continue;
      throw new ListenError(listenMessage(code, options.host, port, error), { cause: error });
    }
  }
}

function listenMessage(code: string | null, host: string, port: number, error: unknown): string {
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} on ${host} is taken by another process: set REPRISE_PORT to a free one (0 = any).`;
    case 'EACCES':
      return `Port ${port} on ${host} may not be listened on by this user: set REPRISE_PORT to one above 1023.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${host} is not an address of this machine: set REPRISE_HOST.`;
    default:
      return `Cannot listen on ${host}:${port}: ${isError(error) ? error.message : String(error)}`;
  }
}
