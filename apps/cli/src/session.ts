import { RepriseClient } from '@reprise/client';
import { type Command, Option } from 'commander';
import { UsageError } from './exit-code.js';
import type { Terminal } from './terminal.js';

export type OutputFormat = 'table' | 'json' | 'yaml';

export interface CommonOptions {
  readonly output: OutputFormat;
  readonly url?: string;
  readonly token?: string;
  readonly as?: string;
}

/** Options of every command that talks to a server; on the command itself, so that they may stand anywhere. */
export function withServer(command: Command): Command {
  return withOutput(command)
    .option('--url <url>', 'where the monitor listens (default: REPRISE_URL, else http://127.0.0.1:3000)')
    .option('--token <token>', 'bearer token (default: REPRISE_TOKEN)')
    .option('--as <name>', 'who acts, on a server that needs no token');
}

export function withOutput(command: Command): Command {
  return command.addOption(
    new Option('-o, --output <format>', 'how data is printed').choices(['table', 'json', 'yaml']).default('table'),
  );
}

/** @throws UsageError for an address that is none, SettingsError for a wrong variable */
export async function connect({ url, token, as }: CommonOptions): Promise<RepriseClient> {
  if (url !== undefined && !/^https?:\/\/[^/\s]/.test(url))
    throw new UsageError(`--url must be like http://127.0.0.1:3000, got "${url}"`);
  if (as !== undefined && !/^[A-Za-z0-9._@-]{1,100}$/.test(as))
    throw new UsageError(`--as must be a name of letters, digits, . _ @ -, got "${as}"`);
  const actor = as === undefined ? {} : { actor: as };
  if (url !== undefined && token !== undefined) return new RepriseClient({ url, token, ...actor });
  const { settingsFromEnvironment } = await import('@reprise/service/settings');
  const settings = settingsFromEnvironment('cli');
  return new RepriseClient({ url: url ?? settings.url, token: token ?? settings.token, ...actor });
}

/** Data as it came for programs, or `human` for people. */
export async function show(terminal: Terminal, format: OutputFormat, data: unknown, human: () => string): Promise<void> {
  switch (format) {
    case 'json':
      return terminal.print(JSON.stringify(data, null, 2));
    case 'yaml': {
      const { stringify } = await import('yaml');
      return terminal.print(stringify(data, { lineWidth: 0 }).trimEnd());
    }
    case 'table':
      return terminal.print(human());
  }
}
