#!/usr/bin/env node
import { install } from './lib/install.mjs';
import { jest, jestArguments } from './lib/jest.mjs';
import { fail } from './lib/print.mjs';
import { Stop } from './lib/stop.mjs';

// Jest alone, without looking for or starting servers: for tests that need none, or whose servers the environment names.
const stop = new Stop();
try {
  await install();
  await stop.now(await jest(jestArguments(process.argv.slice(2)), process.env, stop));
} catch (error) {
  fail(error);
  await stop.now(1);
}
