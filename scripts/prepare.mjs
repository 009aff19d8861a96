#!/usr/bin/env node
import { build } from './lib/build.mjs';
import { install } from './lib/install.mjs';
import { fail } from './lib/print.mjs';

// What every other command does first: packages and build.
try {
  await install();
  await build();
} catch (error) {
  fail(error);
  process.exit(1);
}
