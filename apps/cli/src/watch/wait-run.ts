import { type RepriseClient, type RunView, WaitTimeoutError } from '@reprise/client';
import { printable, type Terminal } from '../terminal.js';

interface Wait {
  readonly client: RepriseClient;
  readonly terminal: Terminal;
  readonly id: string;
  readonly timeoutMs: number | undefined;
}

/** Until the run has ended. Who waits in vain is told what it waits for, if that is something they can do. @throws WaitTimeoutError */
export async function waitRun({ client, terminal, id, timeoutMs }: Wait): Promise<RunView> {
  try {
    return await client.wait(id, timeoutMs === undefined ? {} : { timeoutMs });
  } catch (error) {
    if (!(error instanceof WaitTimeoutError)) throw error;
    const run = await client.runs.get(id).catch(() => null);
    if (run !== null && run.nextText !== null) terminal.say(printable(run.nextText));
    throw error;
  }
}
