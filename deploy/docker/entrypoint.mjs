/* `docker run IMAGE NAME` runs apps/NAME. */
const APPS = ['all', 'monitor', 'trigger', 'scheduler', 'executor'];
const name = process.argv[2] ?? 'all';
if (!APPS.includes(name)) {
  process.stderr.write(`No service "${name}": choose one of ${APPS.join(', ')}.\n`);
  process.exit(2);
}
await import(new URL(`../../apps/${name}/dist/main.js`, import.meta.url).href);
