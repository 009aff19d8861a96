import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { onPath, run } from '../lib/processes.mjs';

/** Debian asks this file whether a package may start its service; 101 = no. */
const POLICY = '/usr/sbin/policy-rc.d';

const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };

/** Neither the service nor Erlang's port mapper, which came along, starts with the machine. */
async function switchOff(name) {
  if (onPath('update-rc.d')) await run('update-rc.d', [name, 'disable'], { env });
  if (onPath('systemctl'))
    await run('systemctl', ['disable', '--quiet', `${name}.service`, 'epmd.service', 'epmd.socket'], { env });
}

/**
 * Installs a server's package without its service: no broker appears on the usual port, neither now nor after a restart of the
 * machine. Returns whether it worked.
 */
export async function installWithApt(name, { note }) {
  note(`apt-get install ${name} (its service is left switched off)`);
  const ownPolicy = !existsSync(POLICY);
  if (ownPolicy) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await run('apt-get', ['update', '-qq'], { env });
    const { code, output } = await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', name], { env });
    if (code !== 0) note(`apt-get install failed: ${output.trim().split('\n').at(-1)}`);
    else await switchOff(name);
    return code === 0;
  } finally {
    if (ownPolicy) rmSync(POLICY, { force: true });
  }
}
