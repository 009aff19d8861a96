import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

/** Debian's Alertmanager reads its templates here, wherever it is itself. */
const TEMPLATES = '/usr/share/prometheus/alertmanager/default.tmpl';
const MOUNTED = 'mount --bind "$0/usr/share" /usr/share && exec "$@"';

/** How it is started. One that was only unpacked sees its own /usr/share in the place of the machine's, in a mount namespace of its own. */
export function alertmanagerCommand(program: string): readonly [program: string, ...args: string[]] {
  const tree = path.resolve(path.dirname(program), '../..');
  if (existsSync(TEMPLATES) || !existsSync(tree + TEMPLATES)) return [program];
  if (spawnSync('unshare', ['-rm', 'true']).status !== 0) {
    throw new Error(
      `no mount namespaces here, so ${program} cannot find its templates: install Debian's package prometheus-alertmanager`,
    );
  }
  return ['unshare', '-rm', 'sh', '-c', MOUNTED, tree, program];
}
