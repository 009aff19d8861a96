import { type RepriseClient, RepriseError, type RunView, UnreachableError } from '@reprise/client';
import type { Terminal } from '../terminal.js';
import { Changes } from './changes.js';
import { Screen } from './screen.js';

export interface WatchOptions {
  readonly client: RepriseClient;
  readonly terminal: Terminal;
  readonly id: string;
  /** stdout is for the result: progress goes to stderr, a line a change. */
  readonly quiet: boolean;
}

export type WatchResult = { readonly kind: 'ended'; readonly run: RunView } | { readonly kind: 'detached' };

const POLL_MS = 500;
const REDRAW_MS = 100;

/** Follows a run to its end. Ctrl-C detaches: the run goes on. @throws RepriseError, UnreachableError when the first look fails */
export async function watchRun(options: WatchOptions): Promise<WatchResult> {
  const { terminal, id, quiet } = options;
  const detach = new AbortController();
  const onInterrupt = (): void => detach.abort();
  process.once('SIGINT', onInterrupt);
  const screen = terminal.isInteractive && !quiet ? new Screen(terminal) : null;
  try {
    const run = await follow(options, screen, detach.signal);
    if (run !== null) return { kind: 'ended', run };
    terminal.say(`No longer watching; the run goes on. Watch it again: reprise run watch ${id}`);
    return { kind: 'detached' };
  } finally {
    screen?.close();
    process.off('SIGINT', onInterrupt);
  }
}

async function follow(
  { client, terminal, id, quiet }: WatchOptions,
  screen: Screen | null,
  signal: AbortSignal,
): Promise<RunView | null> {
  const changes = new Changes();
  let lastRun: RunView | null = null;
  let isAway = false;
  while (!signal.aborted) {
    const run = await look(client, id, signal, lastRun === null);
    if (run !== null) {
      lastRun = run;
      isAway = false;
      screen?.draw(run);
      if (screen === null) for (const line of changes.next(run)) quiet ? terminal.say(line) : terminal.print(line);
      if (run.endedAt !== null) return run;
    } else if (!isAway && !signal.aborted) {
      isAway = true;
      screen?.clear();
      terminal.say(`${client.url} cannot be reached now; still trying`);
    }
    await pause(screen, lastRun, signal);
  }
  return null;
}

/** null: not to be had now. The first look must succeed: a wrong id or address should not be waited for. */
async function look(client: RepriseClient, id: string, signal: AbortSignal, isFirst: boolean): Promise<RunView | null> {
  try {
    return await client.runs.get(id, { signal });
  } catch (error) {
    if (signal.aborted) return null;
    const passes = error instanceof UnreachableError || (error instanceof RepriseError && error.status >= 500);
    if (isFirst || !passes) throw error;
    return null;
  }
}

/** Until the next look; countdowns are redrawn meanwhile. */
function pause(screen: Screen | null, run: RunView | null, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const redraw = screen === null || run === null ? null : setInterval(() => screen.draw(run), REDRAW_MS);
    const end = (): void => {
      clearTimeout(timer);
      if (redraw !== null) clearInterval(redraw);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, POLL_MS);
    signal.addEventListener('abort', end);
  });
}
