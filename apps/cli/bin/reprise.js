#!/usr/bin/env node
import { existsSync } from 'node:fs';

const built = new URL('../dist/main.js', import.meta.url);

function notBuilt() {
  process.stderr.write('reprise is not built yet. In the repository: npm run build\n');
  process.exit(1);
}

if (!existsSync(built)) notBuilt();
try {
  const { main } = await import(built.href);
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error?.code === 'ERR_MODULE_NOT_FOUND') notBuilt();
  throw error;
}
