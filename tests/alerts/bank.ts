import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A dependency that works or does not. */
export class Bank {
  isDown = false;

  private constructor(private readonly server: Server) {
    server.on('request', (_, response) => {
      response.writeHead(this.isDown ? 503 : 200, { 'content-type': 'application/json' }).end('{}');
    });
    // Whoever is asked never hangs up first: a request on its way just then would fail.
    server.keepAliveTimeout = 0;
  }

  static async start(): Promise<Bank> {
    const bank = new Bank(createServer());
    bank.server.listen(0, '127.0.0.1');
    await once(bank.server, 'listening');
    return bank;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async end(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}
