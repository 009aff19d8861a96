import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { statePath } from '../lib/paths.mjs';

/** The password of our own servers: other users of this machine can reach loopback ports too. */
export function secret() {
  const file = statePath('secret');
  if (!existsSync(file)) writeFileSync(file, randomBytes(18).toString('base64url'), { mode: 0o600 });
  return readFileSync(file, 'utf8');
}
