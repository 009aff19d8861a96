import { isError } from './error-code.js';
import { ListenError } from './http-server.js';
import { type Settings, SettingsError, settingsFromEnvironment } from './settings.js';
import type { SettingsReader } from './settings-table.js';

/**
 * The whole of a service's `main.ts`: reads the settings and starts. What a person can put right (settings, a taken port) is
 * said in plain words on stderr, without a stack; exit code 2 for settings, 1 for everything else.
 */
export async function runMain(reader: SettingsReader, start: (settings: Settings) => Promise<unknown>): Promise<void> {
  try {
    await start(settingsFromEnvironment(reader));
  } catch (error) {
    const plain = error instanceof SettingsError || error instanceof ListenError;
    process.stderr.write(`${plain ? error.message : isError(error) ? error.stack : String(error)}\n`);
    process.exit(error instanceof SettingsError ? 2 : 1);
  }
}
