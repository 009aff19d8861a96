import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { eventually } from '@reprise/testing';

export interface ReceivedAlert {
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Whoever is to be told: where Alertmanager sends alerts to. */
export class WebhookReceiver {
  readonly received: ReceivedAlert[] = [];

  private constructor(private readonly server: Server) {
    server.on('request', async (request, response) => {
      const { alerts } = (await json(request)) as { readonly alerts: readonly ReceivedAlert[] };
      this.received.push(...alerts);
      response.end();
    });
  }

  static async start(): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver(createServer());
    receiver.server.listen(0, '127.0.0.1');
    await once(receiver.server, 'listening');
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  /** The last word on this alert, once it is that. */
  async told(
    status: ReceivedAlert['status'],
    labels: Readonly<Record<string, string>>,
    timeoutMs = 180_000,
  ): Promise<ReceivedAlert> {
    const matches = (alert: ReceivedAlert) => Object.entries(labels).every(([name, value]) => alert.labels[name] === value);
    return eventually(
      () => {
        const last = this.received.findLast(matches);
        return last?.status === status && last;
      },
      { what: `the webhook is told ${JSON.stringify(labels)} ${status}`, timeoutMs },
    );
  }

  async end(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}
