import { randomInt } from 'node:crypto';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Below those that systems give out by themselves: while a wire is down nobody is given its port. */
const PORTS = [20_000, 30_000] as const;

/** A wire to the broker that can be cut, kept down, or spoken into. */
export class TcpProxy {
  private server: Server | undefined;
  private readonly clients = new Set<Socket>();
  private chosenPort = 0;

  constructor(private readonly target: { host: string; port: number }) {}

  get port(): number {
    return this.chosenPort;
  }

  async up(): Promise<void> {
    const server = createServer((client) => {
      const broker = connect(this.target);
      this.clients.add(client);
      client.pipe(broker).pipe(client);
      const end = () => {
        client.destroy();
        broker.destroy();
        this.clients.delete(client);
      };
      for (const socket of [client, broker]) socket.on('error', end).on('close', end);
    });
    while (!(await isListening(server, this.chosenPort || randomInt(...PORTS))));
    const address = server.address();
    if (typeof address === 'object' && address) this.chosenPort = address.port;
    this.server = server;
  }

  /** Ends every connection as a crashed broker would; new ones are accepted. */
  cut(): void {
    for (const client of this.clients) client.destroy();
  }

  /** Ends every connection and refuses new ones, on the same port until `up`. */
  async down(): Promise<void> {
    const server = this.server;
    this.server = undefined;
    const closed = new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
    this.cut();
    await closed;
  }

  /** Says something to every client in the broker's name; only between frames, so when the line is quiet. */
  say(frame: Buffer): void {
    for (const client of this.clients) client.write(frame);
  }
}

/** False: somebody has that port. */
function isListening(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(false) : reject(error));
    server.once('error', failed);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', failed);
      resolve(true);
    });
  });
}

const METHOD_FRAME = 1;
const FRAME_END = 0xce;
const CONNECTION_CLASS = 10;

export function connectionBlocked(reason: string): Buffer {
  return methodFrame(60, Buffer.from([reason.length, ...Buffer.from(reason)]));
}

export function connectionUnblocked(): Buffer {
  return methodFrame(61, Buffer.alloc(0));
}

/** What an operator's `close_all_connections` and a broker that shuts down send. */
export function connectionForced(): Buffer {
  const text = Buffer.from('CONNECTION_FORCED - broker shut down');
  return methodFrame(50, Buffer.concat([Buffer.from([320 >> 8, 320 & 255, text.length]), text, Buffer.alloc(4)]));
}

function methodFrame(method: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(11);
  head.writeUInt8(METHOD_FRAME, 0);
  head.writeUInt16BE(0, 1);
  head.writeUInt32BE(4 + payload.length, 3);
  head.writeUInt16BE(CONNECTION_CLASS, 7);
  head.writeUInt16BE(method, 9);
  return Buffer.concat([head, payload, Buffer.from([FRAME_END])]);
}
