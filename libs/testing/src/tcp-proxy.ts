import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

type Weather = { readonly kind: 'pass' | 'stall' | 'drop' | 'half-open' } | { readonly kind: 'delay'; readonly delayMs: number };

const DEFAULT_PORTS: Readonly<Record<string, string>> = {
  'postgres:': '5432',
  'postgresql:': '5432',
  'amqp:': '5672',
  'http:': '80',
};

interface Address {
  readonly host: string;
  readonly port: number;
}

function addressOf(target: string): Address {
  const { hostname, port, protocol } = new URL(target);
  return { host: hostname, port: Number(port || DEFAULT_PORTS[protocol]) };
}

/** A wire between a service and the broker or the database, with weather. */
export class TcpProxy implements AsyncDisposable {
  private weather: Weather = { kind: 'pass' };
  private readonly wires = new Set<Wire>();

  private constructor(
    private readonly server: Server,
    private far: Address,
    /** The target's URL, by way of this wire. */
    readonly url: string,
  ) {}

  /** Listens on a port of its own; connections end at the host and port of `target`, a URL. */
  static async to(target: string): Promise<TcpProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = new URL(target);
    url.hostname = '127.0.0.1';
    url.port = String((server.address() as AddressInfo).port);
    const proxy = new TcpProxy(server, addressOf(target), url.href);
    server.on('connection', (near) => proxy.join(near));
    return proxy;
  }

  /** From now on connections end there, as when a name or a virtual address moves; those that stood are reset. */
  leadTo(target: string): void {
    this.far = addressOf(target);
    this.cut();
  }

  /** Everything gets through, what was held up first. */
  pass(): void {
    this.change({ kind: 'pass' });
  }

  /** Connections stand and are accepted, but nothing gets through until `pass`. */
  stall(): void {
    this.change({ kind: 'stall' });
  }

  /** What clients say arrives; the answers are lost, and neither side hears of the other's end. */
  halfOpen(): void {
    this.change({ kind: 'half-open' });
  }

  /** Everything arrives this much later, in order. */
  delay(delayMs: number): void {
    this.change({ kind: 'delay', delayMs });
  }

  /** Every connection is reset, and so is every new one until `pass`. */
  drop(): void {
    this.change({ kind: 'drop' });
    this.cut();
  }

  /** Every connection is reset; new ones have the weather that is. */
  cut(): void {
    for (const wire of this.wires) wire.reset();
  }

  /** Whether a stall is holding something up. */
  get isHolding(): boolean {
    return [...this.wires].some((wire) => wire.isHolding);
  }

  async end(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.cut();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }

  private join(near: Socket): void {
    if (this.weather.kind === 'drop') {
      near.on('error', () => undefined);
      resetNow(near);
      return;
    }
    const wire = new Wire(
      near,
      connect(this.far),
      () => this.weather,
      () => this.wires.delete(wire),
    );
    this.wires.add(wire);
  }

  private change(weather: Weather): void {
    this.weather = weather;
    for (const wire of this.wires) wire.changed();
  }
}

/**
 * One that is about to end by itself cannot be reset: Node refuses it (EINVAL), never closes it after that, and then never ends itself,
 * because it waits for the socket at its exit.
 */
function resetNow(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

class Wire {
  isHolding = false;

  constructor(
    private readonly near: Socket,
    private readonly far: Socket,
    private readonly weather: () => Weather,
    private readonly gone: () => void,
  ) {
    this.carry(near, far, true);
    this.carry(far, near, false);
    for (const socket of [near, far]) {
      socket.on('error', () => undefined);
      socket.on('close', () => this.ended());
    }
  }

  changed(): void {
    if (this.weather().kind === 'stall') return;
    this.isHolding = false;
    this.near.resume();
    this.far.resume();
    if (this.near.destroyed || this.far.destroyed) this.ended();
  }

  reset(): void {
    resetNow(this.near);
    resetNow(this.far);
  }

  private ended(): void {
    if (this.near.destroyed && this.far.destroyed) return this.gone();
    const { kind } = this.weather();
    if (kind === 'half-open' || kind === 'stall') return;
    this.near.destroy();
    this.far.destroy();
  }

  private carry(from: Socket, to: Socket, isRequest: boolean): void {
    from.on('data', (chunk) => {
      const weather = this.weather();
      if (weather.kind === 'stall') {
        this.isHolding = true;
        from.pause();
        from.unshift(chunk);
      } else if (weather.kind === 'delay') {
        // Timers of one length fire in the order they were set.
        setTimeout(() => this.write(from, to, chunk), weather.delayMs);
      } else if (weather.kind === 'pass' || isRequest) {
        this.write(from, to, chunk);
      }
    });
  }

  private write(from: Socket, to: Socket, chunk: Buffer): void {
    if (to.destroyed || to.write(chunk)) return;
    from.pause();
    to.once('drain', () => from.resume());
  }
}
