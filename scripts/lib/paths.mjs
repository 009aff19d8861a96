import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/**
 * Everything the commands create lives here: servers' data, ports, logs (REPRISE_STATE_DIR moves it). Deleting it while nothing
 * runs loses what is in our own servers, nothing else.
 */
export const stateDir = path.resolve(root, process.env.REPRISE_STATE_DIR || '.reprise');

/** A path under `.reprise/`; its folder is created. */
export function statePath(...parts) {
  const file = path.join(stateDir, ...parts);
  mkdirSync(path.dirname(file), { recursive: true });
  return file;
}

/** A folder under `.reprise/`, created. */
export function stateFolder(...parts) {
  const folder = path.join(stateDir, ...parts);
  mkdirSync(folder, { recursive: true });
  return folder;
}
