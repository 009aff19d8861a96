import { isError } from '../error-code.js';
import { DatabaseRefusedError } from '../health/explain-database.js';
import { ListenError } from '../http/http-server.js';
import { redact } from '../redact.js';
import { type Settings, SettingsError, settingsFromEnvironment } from '../settings/settings.js';
import type { SettingsReader } from '../settings/settings-table.js';

/**
 * The whole of a service's `main.ts`: reads the settings and starts. What a person can put right (settings, a taken port) is
 * said in plain words on stderr, without a stack; exit code 2 for settings, 1 for everything else.
 */
export async function runMain(reader: SettingsReader, start: (settings: Settings) => Promise<unknown>): Promise<void> {
  try {
    await start(settingsFromEnvironment(reader));
  } catch (error) {
    process.stderr.write(`${redact(messageOf(error))}\n`);
    process.exit(error instanceof SettingsError ? 2 : 1);
  }
}

const PLAIN = [SettingsError, ListenError, DatabaseRefusedError];

function messageOf(error: unknown): string {
  if (!isError(error)) return String(error);
  return PLAIN.some((kind) => error instanceof kind) ? error.message : (error.stack ?? error.message);
}
