import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A request that has really reached the provider; `receipt` null: it took nothing. */
export interface Charge {
  readonly key: string;
  readonly receipt: number | null;
}

/** The provider's process, and what it has written down. */
export class PaymentProvider {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    readonly url: string,
  ) {}

  static async start(): Promise<PaymentProvider> {
    const folder = mkdtempSync(path.join(tmpdir(), 'provider-'));
    writeFileSync(path.join(folder, 'log'), '');
    const child = fork(new URL('./fixtures/payment-provider.mjs', import.meta.url), {
      env: { PATH: process.env['PATH'], PROVIDER_LOG: path.join(folder, 'log') },
    });
    const [{ url }] = (await once(child, 'message')) as [{ url: string }];
    return new PaymentProvider(child, folder, url);
  }

  /** In the order they came. */
  charges(run: string): readonly Charge[] {
    const lines = readFileSync(path.join(this.folder, 'log'), 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Charge).filter(({ key }) => key.startsWith(`${run}/`));
  }

  /** Answers whoever was kept waiting. */
  async release(): Promise<void> {
    await fetch(`${this.url}/release`, { method: 'POST' });
  }

  async end(): Promise<void> {
    const exited = once(this.child, 'exit');
    this.child.disconnect();
    await exited;
    rmSync(this.folder, { recursive: true, force: true });
  }
}
